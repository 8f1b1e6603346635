"""A database with very many traces, written past the intake: what the explorer is measured on.

Rows are made here and loaded as the database does it fastest: `executemany` without indexes on SQLite, COPY on
PostgreSQL. Everything is the same in every run.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402  (needs the settings)
from django.db.models import Model  # noqa: E402
from django.db.models.indexes import Index  # noqa: E402

from traces.models import Assessment, Experiment, Span, Trace, TraceText  # noqa: E402

NEWEST = datetime(2026, 3, 31, 18, tzinfo=UTC)
APART_S = 8  # between two traces: a million are three months
ROWS_AT_ONCE = 20_000
VOCABULARY = 20_000
SENTENCES = 5_000  # a question is one, an answer two
WORDS = 12  # of a sentence
NAMES = [f"step_{n}" for n in range(20)]
RARE = "quagga"  # in every 50,000th question
COMMON = "cover"  # in every second


def fill(n: int) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # ids are random, as real ones: their index has to fit into memory
            cursor.execute("PRAGMA cache_size = -1000000")
            cursor.execute("PRAGMA synchronous = OFF")
    load_all(n)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    connection.close()


def load_all(n: int) -> None:
    experiments = [Experiment.objects.create(name=f"bench {number}") for number in range(4)]
    with_indexes_after(Trace, lambda: load(Trace, traces(n, [each.pk for each in experiments])))
    load(Span, spans(n))
    load(Assessment, assessments(n))
    load_texts(n)


def trace_id(n: int) -> str:
    return f"tr-{n * 2654435761 % 2**32:032x}"


def traces(n: int, experiments: list[int]) -> Iterator[dict[str, Any]]:
    for number, question, answer in texts(n):
        at = NEWEST - timedelta(seconds=number * APART_S)
        state = "IN_PROGRESS" if number % 20_000 == 7 else "ERROR" if number % 50 == 3 else "OK"
        metadata = {"mlflow.sourceRun": f"run-{number // 1000}"} if number % 100 == 1 else {}
        yield {
            "trace_id": trace_id(number), "experiment_id": experiments[min(number % 10, 3)], "client_request_id": "",
            "name": NAMES[number % 400 // 20] if number % 997 else "odd one", "state": state, "request_time": at,
            "execution_duration_ms": number * 7919 % 60_000, "request_preview": question, "response_preview": answer,
            "session_id": f"session-{number // 5}" if number % 3 else "", "user_id": f"user-{number % 500}",
            "metadata": json.dumps(metadata), "tags": json.dumps({"env": "test" if number % 200 == 0 else "prod"}),
            "masked": None, "created_at": at, "revised_at": at, "deleted_at": None,
        }  # fmt: skip


def texts(n: int) -> Iterator[tuple[int, str, str]]:
    draw = random.Random(1)
    vocabulary = [f"{draw.choice('bdfgklmnprst')}{draw.choice('aeiou')}{number:x}" for number in range(VOCABULARY)]
    # The cube makes a few words common and most rare, as in a language.
    words = (vocabulary[int(VOCABULARY * draw.random() ** 3)] for _ in range(SENTENCES * WORDS))
    sentences = [" ".join(islice(words, WORDS)) for _ in range(SENTENCES)]
    for number in range(n):
        question = f"{RARE} " if number % 50_000 == 11 else f"{COMMON} " if number % 2 else ""
        question += sentences[number * 7919 % SENTENCES]
        yield number, question, f"{sentences[number * 104729 % SENTENCES]} {sentences[number // 3 % SENTENCES]}"


def spans(n: int) -> Iterator[dict[str, Any]]:
    start = int(NEWEST.timestamp() * 1e9)
    for number in range(n):
        begin = start - number * APART_S * 1_000_000_000
        yield {
            "id": number + 1, "trace_id": trace_id(number), "span_id": f"{number:016x}", "parent_id": "",
            "name": "retrieve" if number % 30 == 0 else "answer",
            "span_type": "RETRIEVER" if number % 30 == 0 else "CHAT_MODEL", "start_time_ns": begin,
            "end_time_ns": begin + 10**9, "status": "OK", "status_message": "", "scope": "bench",
            "attributes": json.dumps({"llm.model_name": "large"}), "events": "[]", "links": "[]", "logs": None,
            "resource": "{}",
        }  # fmt: skip


def assessments(n: int) -> Iterator[dict[str, Any]]:
    """People judge a tenth, a judge another tenth; a rare name is on every 10,000th."""
    for number in range(n):
        what = {0: ("correct", "HUMAN"), 5: ("correct", "LLM_JUDGE")}.get(number % 10)
        if number % 10_000 == 2:
            what = ("toxic", "CODE")
        if what is None:
            continue
        at = NEWEST - timedelta(seconds=number)
        yield {
            "assessment_id": f"a-{number:032x}", "trace_id": trace_id(number), "span_id": "", "kind": "feedback",
            "name": what[0], "value": "false" if number % 7 == 0 else "true", "error": None, "rationale": "",
            "source_type": what[1], "source_id": "bench", "metadata": "{}", "overrides_id": None, "valid": True,
            "revisions": "[]", "deleted_at": None, "deleted_by": "", "created_at": at, "updated_at": at,
        }  # fmt: skip


def load_texts(n: int) -> None:
    """Load the texts without their index, and make that afterwards."""
    rows = ({"id": n - number, "trace_id": trace_id(number), "words": f"{q} {a}"} for number, q, a in texts(n))
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'traces_tracetext'"
            kept = cursor.execute(triggers).fetchall()
            for name, _sql in kept:
                cursor.execute(f"DROP TRIGGER {name}")
            load(TraceText, rows)
            for _name, sql in kept:
                cursor.execute(sql)
            cursor.execute("INSERT INTO traces_text_index (traces_text_index) VALUES ('rebuild')")
            return
        cursor.execute("DROP INDEX traces_text_index")
        load(TraceText, rows)
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("CREATE INDEX traces_text_index ON traces_tracetext USING gin (index)")


def with_indexes_after(model: type[Model], write: Any) -> None:
    indexes: list[Index] = model._meta.indexes
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.remove_index(model, index)
    write()
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.add_index(model, index)


def load(model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
    names = [each.column for each in model._meta.concrete_fields]
    kept: list[tuple[Any, ...]] = []
    with transaction.atomic(), connection.cursor() as cursor:
        for row in rows:
            kept.append(tuple(row[name] for name in names))
            if len(kept) == ROWS_AT_ONCE:
                write_rows(cursor, model._meta.db_table, names, kept)
                kept.clear()
        write_rows(cursor, model._meta.db_table, names, kept)


def write_rows(cursor: Any, table: str, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    columns = ", ".join(names)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    as_text = [tuple(v.strftime("%Y-%m-%d %H:%M:%S") if isinstance(v, datetime) else v for v in row) for row in rows]
    statement = f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['?'] * len(names))})"  # noqa: S608
    connection.connection.executemany(statement, as_text)
