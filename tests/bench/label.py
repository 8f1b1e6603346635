"""Submit one label with three answers and get the next item, against the least that a server can do.

python -m tests.bench label
"""

from __future__ import annotations

import re
import statistics
import threading
import time
from collections.abc import Callable, Sequence

from tests.bench import table
from tests.bench.experts import Expert, Poster
from tests.bench.servers import serving
from tests.bench.world import World, make_world, migrated

from django.db import connection  # isort: skip  (after the settings)
from django.test import Client  # isort: skip
from django.test.utils import CaptureQueriesContext  # isort: skip

N_TRACES = 700
N_EXPERTS = 20
WARM_UP = 10
LABELS = 100  # of one expert
ROUNDS = 5  # of all experts at once
LABELS_IN_ROUND = 4  # of each of them
MOST_QUERIES = 14
MOST_TIMES_FLOOR = 3
LEAST_OF_FLOOR = 0.35
TOGETHER = re.compile(r";(?=\s*(?:INSERT|UPDATE|SELECT|EXECUTE)\b)")


def main() -> None:
    migrated()
    world = make_world(n_traces=N_TRACES, n_experts=N_EXPERTS + 1)
    of = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    count_queries(world, of)
    connection.close()
    with serving("reviewapp.asgi:application") as port:
        one, *others = [Expert(port, world, user) for user in world.experts[1:]]
        answer = one.label()
        with serving("tests.bench.floor:application", FLOOR_BYTES=str(len(answer))) as floor_port:
            floors = [Floor(floor_port) for _ in range(N_EXPERTS)]
            assert abs(len(floors[0].label()) / len(answer) - 1) < 0.05, "the floor's page is of another size"
            alone(one, floors[0], of)
            together([one, *others], floors, of)


class Floor(Poster):
    def label(self) -> str:
        return self.post("/label", {"comment": "As the policy says in section 7."})


def count_queries(world: World, of: str) -> None:
    """Count a label's queries in this process, the second label's: by then caches are warm."""
    client = Client(headers={"Host": "localhost", "HX-Request": "true"})
    client.force_login(world.experts[0], backend="accounts.backends.PasswordBackend")
    from labeling.claiming import next_review

    for number in range(3):
        current = next_review(world.session, world.experts[0])
        ready = next_review(world.session, world.experts[0], besides=[current.pk])
        with CaptureQueriesContext(connection) as queries:
            form = world.answers(number) | {"active_s": "20", "showing": str(ready.pk)}
            response = client.post(f"/labeling/reviews/{current.pk}/complete/", form)
        assert response.status_code == 200, response.content
    # PostgreSQL gets some of them together: each counts.
    said = [one for query in queries.captured_queries for one in TOGETHER.split(query["sql"])]
    marks = [sql for sql in said if sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    table.at_most(f"label, {of}: queries", len(said) - len(marks), MOST_QUERIES)
    table.line(f"label, {of}: BEGIN, COMMIT, SAVEPOINT …", str(len(marks)), "", "", "", "")


def alone(expert: Expert, floor: Floor, of: str) -> None:
    for _ in range(WARM_UP):
        expert.label(), floor.label()
    seconds = in_turns([expert.label, floor.label], times=LABELS)
    ours, least = (statistics.median(each) * 1000 for each in seconds)
    table.at_most(f"label, {of}: p50 of one expert", ours, MOST_TIMES_FLOOR, floor=least, unit="ms")


def in_turns(deeds: Sequence[Callable[[], object]], *, times: int) -> list[list[float]]:
    """Return the seconds of each deed; in turns, so that a busy machine slows all of them."""
    seconds: list[list[float]] = [[] for _ in deeds]
    for _ in range(times):
        for deed, taken in zip(deeds, seconds, strict=True):
            begin = time.perf_counter()
            deed()
            taken.append(time.perf_counter() - begin)
    return seconds


def together(experts: Sequence[Expert], floors: Sequence[Floor], of: str) -> None:
    seconds = in_turns([lambda: all_at_once(experts), lambda: all_at_once(floors)], times=ROUNDS)
    n = N_EXPERTS * LABELS_IN_ROUND
    ours, least = (n / statistics.median(each) for each in seconds)
    name = f"label, {of}: {N_EXPERTS} experts at once"
    table.at_least(name, ours, LEAST_OF_FLOOR, floor=least, unit="/s")


def all_at_once(people: Sequence[Expert] | Sequence[Floor]) -> None:
    threads = [threading.Thread(target=work, args=[each]) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def work(person: Expert | Floor) -> None:
    for _ in range(LABELS_IN_ROUND):
        person.label()


if __name__ == "__main__":
    main()
