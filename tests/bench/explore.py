"""How fast the explorer finds traces among a million, on SQLite and on PostgreSQL.

python -m tests.bench explore
EXPLORE_TRACES=100000 python -m tests.bench explore
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from tests.bench import table
from tests.bench.million import APART_S, COMMON, NEWEST, RARE, fill, trace_id
from tests.bench.world import migrated

from django.db import connection  # isort: skip  (after the settings)
from django.test import Client  # isort: skip

from accounts.models import Role, User  # isort: skip
from traces.models import Experiment  # isort: skip
from traces.search import search  # isort: skip

N = int(os.environ.get("EXPLORE_TRACES", "1000000"))
TIMES = 20
WARM_UP = 2
MOST_MS = 100
PAGE = 50
VENDORS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
BY_DURATION = ["execution_time DESC"]


def main() -> None:
    migrated()
    of = VENDORS[connection.vendor]
    begin = time.perf_counter()
    fill(N)
    table.line(f"explore, {of}: {N:,} traces made", f"{time.perf_counter() - begin:.0f} s", "", "", "≤ 180", "")
    for name, look in looks().items():
        table.at_most(f"explore, {of}: {name}", p95(look), MOST_MS, unit="ms")
    client = Client(headers={"Host": "localhost"})
    user = User.objects.create_user("dana@example.org", name="Dana Roth", role=Role.DEVELOPER)
    client.force_login(user, backend="accounts.backends.PasswordBackend")
    table.at_most(f"explore, {of}: page /traces/", p95(lambda: client.get("/traces/")), MOST_MS, unit="ms")


def looks() -> dict[str, Callable[[], Any]]:
    experiment, other = (Experiment.objects.get(name=name).pk for name in ("bench 0", "bench 3"))
    deep = search(max_results=500).next_page_token
    month = int((NEWEST.timestamp() - N * APART_S / 2) * 1000)
    filters = {
        "first page": "",
        "status = 'ERROR'": "status = 'ERROR'",
        "status = 'IN_PROGRESS' (rare)": "status = 'IN_PROGRESS'",
        "experiment": f"experiment_id = {experiment}",
        "experiment and status": f"experiment_id = {other} AND status = 'ERROR'",
        "the same, never met": f"experiment_id = {experiment} AND status = 'ERROR'",
        "name (common)": "name = 'step_3'",
        "name and rare status": "name = 'odd one' AND status = 'IN_PROGRESS'",
        "time range": f"timestamp < {month}",
        "status in a time range": f"status = 'ERROR' AND timestamp < {month}",
        "request_id": f"request_id = '{trace_id(N // 2)}'",
        "run_id": f"run_id = 'run-{N // 2000}'",
        "session": f"metadata.`mlflow.trace.session` = 'session-{N // 10}'",
        "feedback = false": "feedback.correct = 'false'",
        "feedback of a rare name": "feedback.toxic = 'true'",
        "nothing found": "name = 'no such name'",
        "tag (looked up)": "tag.env = 'test'",
        "tag nobody has (looked up)": "tag.env = 'nowhere'",
        "span.type (looked up)": "span.type = 'RETRIEVER'",
        "duration above (looked up)": "execution_time_ms > 59900",
    }
    found: dict[str, Callable[[], Any]] = {name: lambda f=f: search(f, max_results=PAGE) for name, f in filters.items()}
    said = search(max_results=1).traces[0].request_preview.split()
    words = {
        "a rare word": RARE, "a common word": COMMON, "a start": "ba1*", "two words": f"{said[2]} {said[7]}",
        "a phrase": f'"{" ".join(said[2:6])}"',
    }  # fmt: skip
    found |= {f"text: {name}": lambda t=t: search(max_results=PAGE, text=t) for name, t in words.items()}
    return found | {
        "sorted by duration": lambda: search(order_by=BY_DURATION, max_results=PAGE),
        "sorted by end": lambda: search(order_by=["end_time DESC"], max_results=PAGE),
        "sorted by duration, of errors": lambda: search("status = 'ERROR'", BY_DURATION, PAGE),
        "ten pages on": lambda: search(max_results=PAGE, page_token=deep),
    }


def p95(deed: Callable[[], Any]) -> float:
    """Return ms."""
    taken = []
    for number in range(WARM_UP + TIMES):
        begin = time.perf_counter()
        deed()
        if number >= WARM_UP:
            taken.append((time.perf_counter() - begin) * 1000)
    return sorted(taken)[int(TIMES * 0.95) - 1]


if __name__ == "__main__":
    main()
