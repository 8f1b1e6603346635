"""A world with many traces, most of them copies made by the database itself; prints who may look at it, as JSON.

python -m tests.bench.crowd N
"""

from __future__ import annotations

import json
import sys

from tests.bench.experts import cookies_of
from tests.bench.world import World, make_world, migrated

from django.db import connection  # isort: skip  (after the settings)
from labeling.claiming import next_review  # isort: skip
from labeling.models import Item  # isort: skip
from labeling.recording import GivenAnswer, complete  # isort: skip
from traces.models import Span, Trace  # isort: skip

CAPTURED = 200  # traces that are read; the rest is there to be in the way
FINISHED = 60  # items
N_EXPERTS = 3


def main(n: int) -> None:
    migrated()
    world = make_world(n_traces=CAPTURED, n_experts=N_EXPERTS)
    copy_traces(n - CAPTURED)
    add_items(world)
    label_some(world)
    who = {"expert": cookies_of(world.experts[0]), "manager": cookies_of(world.manager)}
    questions = [schema.pk for schema in world.questions]
    print(json.dumps({"session": str(world.session.pk), "questions": questions, **who}))


def copy_traces(n: int) -> None:
    """Copy the first trace and its smallest span `n` times, each a second older than the one before."""
    traces = columns(Trace, trace_id="'tr-' || printf('%032x', 1000000 + n)", request_time=older("request_time"))
    spans = columns(Span, id="1000000 + n", trace_id="'tr-' || printf('%032x', 1000000 + n)")
    first = "SELECT MIN(trace_id) FROM traces_trace"
    with connection.cursor() as cursor:
        numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {n}) "
        cursor.execute(numbers_into(Trace, numbers, traces, f"trace_id = ({first})"))
        small = f"SELECT id FROM traces_span WHERE trace_id = ({first}) ORDER BY length(attributes) LIMIT 1"
        cursor.execute(numbers_into(Span, numbers, spans, f"id = ({small})"))


def columns(model: type, **changed: str) -> dict[str, str]:
    return {field.column: changed.get(field.column, field.column) for field in model._meta.concrete_fields}


def older(column: str) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%S', {column}, '-' || n || ' seconds')"


def numbers_into(model: type, numbers: str, values: dict[str, str], where: str) -> str:
    table = model._meta.db_table
    source = f"{numbers} SELECT {', '.join(values.values())} FROM {table}, numbers WHERE {where}"
    return f"INSERT INTO {table} ({', '.join(values)}) {source}"


def add_items(world: World) -> None:
    """Put every trace that is not in it into the session, behind those that are."""
    last = world.session.n_items
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Item._meta.db_table} (id, session_id, trace_id, position, needs, n_held, n_complete)"
            " SELECT lower(hex(randomblob(16))), %s, trace_id, %s + row_number() OVER (ORDER BY trace_id), 1, 0, 0"
            " FROM traces_trace WHERE trace_id >= %s",
            [world.session.pk.hex, last, f"tr-{1000000:032x}"],
        )
        cursor.execute("ANALYZE")
    world.session.recount()


def label_some(world: World) -> None:
    questions = list(world.session.questions.select_related("schema__current"))
    for number in range(FINISHED):
        review = next_review(world.session, world.experts[number % N_EXPERTS])
        said = [True, "Complete", "Up to EUR 6,000."]
        answers = [GivenAnswer(q, q.schema.current, value, "") for q, value in zip(questions, said, strict=True)]
        complete(review, answers, active_s=20 + number % 7)


if __name__ == "__main__":
    main(int(sys.argv[1]))
