"""How fast traces come in; the table says what holds."""

from __future__ import annotations

import subprocess
import sys


def test_the_intake_is_measured_beside_its_floor():
    # In a process of its own, with a database of its own.
    run = subprocess.run([sys.executable, "-m", "tests.bench.ingest"], capture_output=True, text=True, check=False)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
