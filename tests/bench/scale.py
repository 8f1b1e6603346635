"""How much slower pages are with 100,000 traces than with 1,000, all of them items of one session.

python -m tests.bench scale
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench import table
from tests.bench.experts import Poster, review_in
from tests.bench.servers import ROOT, serving

FEW, MANY = 1_000, 100_000
MOST_TIMES = 1.5
WARM_UP = 3
TIMES = 25


def main() -> None:
    with ExitStack() as servers:
        few, many = (Visitor(servers, n) for n in (FEW, MANY))
        for name in few.visits:
            seconds = in_turns(few.visits[name], many.visits[name])
            of_few, of_many = (statistics.median(each) * 1000 for each in seconds)
            table.at_most(f"100,000 traces: {name}", of_many, MOST_TIMES, floor=of_few, unit="ms")


def in_turns(few: Any, many: Any) -> list[list[float]]:
    seconds: list[list[float]] = [[], []]
    for number in range(WARM_UP + TIMES):
        for visit, taken in zip((few, many), seconds, strict=True):
            begin = time.perf_counter()
            visit()
            if number >= WARM_UP:
                taken.append(time.perf_counter() - begin)
    return seconds


class Visitor:
    """A manager and an expert at a server of their own, whose database holds `n` traces."""

    def __init__(self, servers: ExitStack, n: int) -> None:
        folder = Path(os.environ["REVIEWAPP_DATA_DIR"]) / str(n)
        folder.mkdir()
        (folder / "static").symlink_to(Path(os.environ["REVIEWAPP_DATA_DIR"]) / "static")
        env = {"REVIEWAPP_DATA_DIR": str(folder)}
        command = [sys.executable, "-m", "tests.bench.crowd", str(n)]
        made = subprocess.run(command, cwd=ROOT, env=os.environ | env, check=True, capture_output=True, text=True)
        self.world = json.loads(made.stdout)
        port = servers.enter_context(serving("reviewapp.asgi:application", **env))
        self.manager, self.expert = (Poster(port, self.world[who]) for who in ("manager", "expert"))
        self.session = f"/labeling/sessions/{self.world['session']}/"
        self.current = self.ready = ""
        self.visits = {
            "home": lambda: self.manager.get("/"),
            "session page": lambda: self.manager.get(self.session),
            "trace list": lambda: self.manager.get("/traces/"),
            "review page": self.open_review,
            "submit and next item": self.label,
        }

    def open_review(self) -> None:
        self.current = review_in(self.expert.get(f"{self.session}review/"))

    def label(self) -> None:
        if not self.ready:
            self.ready = review_in(self.expert.post(f"{self.session}hand-out/", {"showing": self.current}))
        correct, _, ideal = self.world["questions"]
        form = {f"answer-{correct}": "true", f"answer-{ideal}": "Up to EUR 6,000.", "showing": self.ready}
        answer = self.expert.post(f"/labeling/reviews/{self.current}/complete/", form)
        self.current, self.ready = self.ready, review_in(answer)


if __name__ == "__main__":
    main()
