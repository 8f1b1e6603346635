"""Traces come in fast enough."""

from __future__ import annotations

import subprocess
import sys


def test_spans_come_in_at_four_tenths_of_the_floors_speed_or_better():
    # In a process of its own, with a database of its own.
    run = subprocess.run([sys.executable, "-m", "tests.bench.ingest"], capture_output=True, text=True, check=False)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
