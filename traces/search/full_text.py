"""Full text: which traces say certain words in their question or answer.

One row of `TraceText` for each trace that has ended, written in the transaction that stores the trace.
The index over its words is FTS5 on SQLite and a tsvector on PostgreSQL.

FTS5 takes a text into its index as fast as the rest of a trace is stored, and many texts at once in half the time.
So on SQLite rows are indexed some hundred at a time, in the order of their ids: once an answer is sent, by the worker,
or by whoever stores when many have gathered. Rows behind the last one in the index are looked through one by one.
Nothing else remembers how far the index goes, so a crash leaves nothing undone, and no search misses a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef

from reviewapp.lib.columns import among, fetch
from reviewapp.lib.periodic import periodic
from traces.ingest.admission import WRITES_SQLITE
from traces.models import TraceText
from traces.search.sql import Holds
from traces.search.words import Wanted, wanted_in, words_of

MOST_CHARACTERS = 100_000  # of a question or an answer; what stands behind is not found
UPSERT = (
    "INSERT INTO traces_tracetext (trace_id, words) VALUES (%s, %s) ON CONFLICT (trace_id)"
    " DO UPDATE SET words = excluded.words WHERE traces_tracetext.words <> excluded.words"
)
# Rows have ever greater ids: those beyond this one are not in the index.
LAST_INDEXED = "COALESCE((SELECT max(id) FROM traces_text_index_docsize), 0)"
BEHIND = f"SELECT COALESCE(max(id), 0) - {LAST_INDEXED} FROM traces_tracetext"  # noqa: S608 - names of ours
CATCH_UP = f"""
    INSERT INTO traces_text_index (rowid, words)
    SELECT id, words FROM traces_tracetext WHERE id > {LAST_INDEXED} ORDER BY id LIMIT {{most:d}}
"""  # noqa: S608
SQLITE = f"""
    SELECT trace_id FROM traces_tracetext WHERE id > {LAST_INDEXED} AND {{says}}
    UNION ALL SELECT trace_id FROM traces_tracetext WHERE id IN
    (SELECT rowid FROM traces_text_index WHERE traces_text_index MATCH %s ORDER BY rowid DESC LIMIT %s)
"""  # noqa: S608
POSTGRESQL = "SELECT trace_id FROM traces_tracetext WHERE index @@ to_tsquery('simple', %s) ORDER BY id DESC LIMIT %s"

WORTH_IT = 1_000  # rows: with so many behind the index it is brought up to date when there is time
MOST_BEHIND = 4_000  # rows: then at once; looking through them takes some 10 ms
AT_ONCE = 4_000  # rows in one transaction


def write_texts(texts: Iterable[tuple[str, str, str]]) -> None:
    """Index (trace id, question, answer); to be called within the transaction that stores the traces."""
    rows = [(trace_id, searched(question, answer)) for trace_id, question, answer in texts]
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT, rows)
    catch_up(MOST_BEHIND)


def traces_with_texts(trace_ids: list[str]) -> set[str]:
    """Return those of these traces that have words to be found by already."""
    found = fetch(f"SELECT trace_id FROM traces_tracetext WHERE trace_id {among('ids')}", ids=trace_ids)  # noqa: S608
    return {trace_id for (trace_id,) in found}


def catch_up(least: int = 1) -> int:
    """Take texts into the index where at least so many are behind it; return how many were taken. For SQLite alone."""
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        if cursor.execute(BEHIND).fetchone()[0] < least:
            return 0
        with transaction.atomic():
            cursor.execute(CATCH_UP.format(most=AT_ONCE))
            return int(cursor.rowcount)


def catch_up_if_worth_it() -> None:
    """The same where many are behind, and nobody here stores anything: who came meanwhile waits in line for it."""
    if not WRITES_SQLITE.acquire(blocking=False):
        return
    try:
        catch_up(WORTH_IT)
    finally:
        WRITES_SQLITE.release()


@periodic(every=timedelta(minutes=1))
def index_what_is_behind() -> None:
    catch_up()


def searched(question: str, answer: str) -> str:
    return " ".join(words_of(f"{question[:MOST_CHARACTERS]}\n{answer[:MOST_CHARACTERS]}"))


def traces_saying(query: str, most: int) -> list[str]:
    """Return the ids of the `most` traces that came last, of those that say all that is asked for. Queries: 1.

    On SQLite a few more, where some are not in the index yet.
    """
    wanted = wanted_in(query)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute(POSTGRESQL, [" & ".join(map(for_postgresql, wanted)), most])
            return [trace_id for (trace_id,) in cursor.fetchall()]
        each_says = " AND ".join(["instr(' ' || words || ' ', %s) > 0"] * len(wanted))
        asked: list[str | int] = [*map(spaced, wanted), " ".join(map(for_sqlite, wanted)), most]
        cursor.execute(SQLITE.format(says=each_says), asked)
        return [trace_id for (trace_id,) in cursor.fetchall()]


def says(query: str) -> Exists:
    """The same as a condition on a trace: for words that so many traces say that the index is no help."""
    texts = TraceText.objects.filter(trace=OuterRef("pk"))
    for wanted in wanted_in(query):
        texts = texts.filter(Holds(F("words"), spaced(wanted)))
    return Exists(texts)


def spaced(wanted: Wanted) -> str:
    """Return the words as they stand in a text that has spaces around each of its words."""
    return f" {' '.join(wanted.words)}{'' if wanted.is_prefix else ' '}"


# Words hold letters and digits only, so nothing in them can end a quote.


def for_sqlite(wanted: Wanted) -> str:
    return f'"{" ".join(wanted.words)}"{" *" if wanted.is_prefix else ""}'


def for_postgresql(wanted: Wanted) -> str:
    *first, last = wanted.words
    return " <-> ".join([*(f"'{word}'" for word in first), f"'{last}'{':*' if wanted.is_prefix else ''}"])
