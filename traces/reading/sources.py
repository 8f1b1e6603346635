"""What the application read before it answered, each passage once."""

from __future__ import annotations

from collections.abc import Iterable

from traces.dialects.spans import Document
from traces.reading.gathering import Node


def documents_of(nodes: Iterable[Node]) -> tuple[list[Document], str]:
    """Return the passages and the span they stand in; where there was a re-ranking, its order."""
    found = [n for n in nodes if n.reading.documents and not any(a.reading.documents for a in n.ancestors())]
    ranked = [node for node in found if node.kind == "RERANKER"]
    chosen = ranked or found
    unique: dict[tuple[str, str], Document] = {}
    for node in chosen:
        for document in node.reading.documents:
            unique.setdefault((document.doc_id, document.text), document)
    return list(unique.values()), chosen[0].span.span_id if chosen else ""
