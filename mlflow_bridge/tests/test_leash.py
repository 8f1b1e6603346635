"""What is on a leash does not outlive who holds it, whatever ended them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlflow_bridge.tests import leash

HOLDER = """
import subprocess, sys
process = subprocess.Popen([sys.executable, *sys.argv[1:]], stdin=subprocess.PIPE, start_new_session=True)
process.wait()
"""
# Says that it runs, and holds the pipe open for as long as it or its child does.
SERVER = "sleep 600 & echo running; wait"
ENDS_WITHIN_S = 60


@pytest.mark.parametrize("ending", ["kill", "terminate"])
def test_a_server_and_its_children_end_with_who_started_it(ending):
    command = [sys.executable, "-c", HOLDER, leash.__file__, "sh", "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "running\n"
        getattr(holder, ending)()
        rest, _ = holder.communicate(timeout=ENDS_WITHIN_S)  # the pipe ends with the last of them
    assert rest == ""


def test_it_ends_as_its_command_does():
    command = [sys.executable, str(Path(leash.__file__)), "sh", "-c", "exit 7"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:
        assert process.wait(timeout=ENDS_WITHIN_S) == 7
