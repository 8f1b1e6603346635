"""Full text: which traces say certain words in their question or answer.

One row of `TraceText` for each trace that has ended, written in the transaction that stores the trace.
The index over its words is FTS5 on SQLite and a tsvector on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Exists, F, OuterRef

from traces.models import TraceText
from traces.search.sql import Holds
from traces.search.words import Wanted, wanted_in, words_of

MOST_CHARACTERS = 100_000  # of a question or an answer; what stands behind is not found
UPSERT = (
    "INSERT INTO traces_tracetext (trace_id, words) VALUES (%s, %s) ON CONFLICT (trace_id)"
    " DO UPDATE SET words = excluded.words WHERE traces_tracetext.words <> excluded.words"
)
SQLITE = (
    "SELECT trace_id FROM traces_tracetext WHERE id IN"
    " (SELECT rowid FROM traces_text_index WHERE traces_text_index MATCH %s ORDER BY rowid DESC LIMIT %s)"
)
POSTGRESQL = "SELECT trace_id FROM traces_tracetext WHERE index @@ to_tsquery('simple', %s) ORDER BY id DESC LIMIT %s"


def write_texts(texts: Iterable[tuple[str, str, str]]) -> None:
    """Index (trace id, question, answer); to be called within the transaction that stores the traces."""
    rows = [(trace_id, searched(question, answer)) for trace_id, question, answer in texts]
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT, rows)


def searched(question: str, answer: str) -> str:
    return " ".join(words_of(f"{question[:MOST_CHARACTERS]}\n{answer[:MOST_CHARACTERS]}"))


def traces_saying(query: str, most: int) -> list[str]:
    """Return the ids of the `most` traces that came last, of those that say all that is asked for. Queries: 1."""
    wanted = wanted_in(query)
    if not wanted:
        return []
    is_sqlite = connection.vendor == "sqlite"
    match = " ".join(map(for_sqlite, wanted)) if is_sqlite else " & ".join(map(for_postgresql, wanted))
    with connection.cursor() as cursor:
        cursor.execute(SQLITE if is_sqlite else POSTGRESQL, [match, most])
        return [trace_id for (trace_id,) in cursor.fetchall()]


def says(query: str) -> Exists:
    """The same as a condition on a trace: for words that so many traces say that the index is no help."""
    texts = TraceText.objects.filter(trace=OuterRef("pk"))
    for wanted in wanted_in(query):
        texts = texts.filter(Holds(F("words"), f" {' '.join(wanted.words)}{'' if wanted.is_prefix else ' '}"))
    return Exists(texts)


# Words hold letters and digits only, so nothing in them can end a quote.


def for_sqlite(wanted: Wanted) -> str:
    return f'"{" ".join(wanted.words)}"{" *" if wanted.is_prefix else ""}'


def for_postgresql(wanted: Wanted) -> str:
    *first, last = wanted.words
    return " <-> ".join([*(f"'{word}'" for word in first), f"'{last}'{':*' if wanted.is_prefix else ''}"])
