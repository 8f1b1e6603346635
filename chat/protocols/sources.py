"""Sources in all their spellings: citations, search results, documents of a retriever."""

from __future__ import annotations

from typing import Any

from chat.events import Json, Source
from chat.protocols.decoding import at, decoded, name_of, text_of

MAX_TEXT = 20_000
TITLES = ("title", "document_title", "name", "filename", "file_name", "filepath", "metadata.title", "metadata.name")
TEXTS = ("text", "page_content", "content", "snippet", "cited_text", "quote", "excerpt", "passage", "chunk")
URLS = ("url", "uri", "link", "href", "source_url", "metadata.url", "metadata.doc_uri", "metadata.uri")
IDS = ("doc_id", "document_id", "file_id", "chunk_id", "id", "doc_uri", "metadata.doc_id", "metadata.chunk_id",
       "metadata.id")  # fmt: skip
SCORES = ("score", "similarity", "relevance_score", "metadata.score", "metadata.similarity_score")
# Where what an application adds of its own tends to have them.
LISTS = ("sources", "citations", "documents", "docs", "retrieved_documents", "references", "context", "search_results")
# A document of a retriever, not just any object with a text.
DOCUMENT_KEYS = {"page_content", "doc_uri", "chunk_id", "document_id", "snippet"}


def source_from(value: Json) -> Source | None:
    """Return the source that a value describes: an address, a text, or an object; None if it says nothing."""
    if isinstance(value, str):
        is_address = value.startswith(("https://", "http://"))
        return (Source(url=value) if is_address else Source(text=value[:MAX_TEXT])) if value.strip() else None
    if not isinstance(value, dict):
        return None
    for nested in ("url_citation", "file_citation", "document"):
        if isinstance(value.get(nested), dict):
            value = value | value[nested]
    where = value.get("source") or at(value, "metadata.source")
    source = Source(
        title=said(value, TITLES)[:1000],
        text=said(value, TEXTS)[:MAX_TEXT],
        url=(said(value, URLS) or (where if isinstance(where, str) else ""))[:2000],
        doc_id=said(value, IDS)[:250],
        score=score_of(value),
    )
    return source if source.title or source.text or source.url or source.doc_id else None


def said(value: dict[str, Any], paths: tuple[str, ...]) -> str:
    for path in paths:
        found = at(value, path) if "." in path else value.get(path)
        text = text_of(found) or name_of(found)
        if text:
            return text
    return ""


def score_of(value: dict[str, Any]) -> float | None:
    found = (at(value, path) for path in SCORES)
    return next((float(score) for score in found if isinstance(score, int | float) and abs(score) < 1e9), None)


def sources_from(values: Json) -> list[Source]:
    """Return the sources of a list, of one object, or of an object that has such a list."""
    if isinstance(values, dict):
        lists = [values[name] for name in LISTS if isinstance(values.get(name), list)]
        values = [value for listed in lists for value in listed] if lists else [values]
    if not isinstance(values, list):
        return []
    return [source for source in map(source_from, values) if source is not None]


def added_sources(added: Json) -> list[Source]:
    """Return the sources in what an application adds to its answer (`custom_outputs`)."""
    return sources_from(added) if isinstance(added, dict) and not added.keys().isdisjoint(LISTS) else []


def documents_in(output: Json) -> list[Source]:
    """Return the documents that a tool found: its output is a list of them, perhaps as JSON in text."""
    if isinstance(output, str):
        if not output.lstrip().startswith(("[", "{")):
            return []
        try:
            output = decoded(output)
        except ValueError:
            return []
    if isinstance(output, dict):
        output = next((output[name] for name in LISTS if isinstance(output.get(name), list)), None)
    is_documents = isinstance(output, list) and output and all(is_document(each) for each in output)
    return sources_from(output) if is_documents else []


def is_document(value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    metadata = value.get("metadata")
    return bool(DOCUMENT_KEYS & value.keys()) or (isinstance(metadata, dict) and bool(DOCUMENT_KEYS & metadata.keys()))
