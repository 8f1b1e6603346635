"""The same code with several releases and flavours of MLflow's client, each in an environment of its own.

They are installed by scripts/mlflow-clients from a registry, once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlflow_bridge.rest.tests.llm import language_model
from tests.e2e.server import ROOT
from tests.integration.running import RunningServer, environment

WORK = Path(__file__).parent / "mlflow_clients" / "work.py"
TRACED = {
    "trace_and_read": {
        "state": "OK", "spans": ["agent", "look up"], "inputs": {"question": "Is hail covered?"}, "outputs": "Yes.",
        "team": "claims", "session": "s-1",
    },
    "say_and_search": {
        "found": 1, "tagged": 1,
        "said": [["correct", False, True], ["correct", True, False], ["expected_facts", ["hail", "roof"], True]],
    },
    "tidy_up": {"turns": [1], "left": 2},
    "meet_an_error": {"code": "RESOURCE_DOES_NOT_EXIST"},
}  # fmt: skip
RUN = {"run": {"metrics": {"correct/mean": 0.5}}}
ASKED = {"ask_people": {"users": ["ann@example.org"], "status": "pending"}}


def lacks(*words: str) -> dict[str, Any]:
    """What a client can't do, by its own words."""
    return {deed: {"lacks": said} for deed, said in zip(words[::2], words[1::2], strict=True)}


NO_AUTOLOG = lacks("ask_a_model", "cannot import name 'ModelInputExample' from 'mlflow.models'")
AUTOLOGGED = {
    "ask_a_model": {"answers": ["Yes."], "spans": [["turn", "Completions"]], "asked": 12, "tags": 12, "tokens": 24}
}
CLIENTS = {
    "mlflow-skinny==3.17.2": TRACED | RUN | ASKED | NO_AUTOLOG,
    "mlflow-skinny==3.14.0": TRACED | RUN | ASKED | NO_AUTOLOG,
    "mlflow-skinny==3.10.1": TRACED
    | RUN
    | lacks("ask_people", "No module named 'mlflow.genai.review_queues'", "ask_a_model", "No module named 'numpy'"),
    "mlflow-tracing==3.17.2": TRACED
    | AUTOLOGGED
    | lacks("run", "module 'mlflow' has no attribute 'start_run'", "ask_people", "No module named 'mlflow.genai'"),
}


@pytest.fixture(scope="module")
def clients() -> dict[str, Path]:
    """Return the interpreter of each client, installed."""
    done = subprocess.run(["scripts/mlflow-clients"], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert not done.returncode, done.stderr
    return {Path(line).name: ROOT / line / "bin" / "python" for line in done.stdout.split()}


def manage(server: RunningServer, *command: str) -> str:
    env = environment(server.database.parent)
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    assert not done.returncode, done.stderr
    return done.stdout


def test_the_same_code_works_with_every_client(start_server, clients, tmp_path):
    assert clients.keys() == CLIENTS.keys()
    server = start_server()
    manage(server, "create_user", "max@example.org", "--role", "admin")
    token = manage(server, "create_token", "max@example.org").split()[-1]
    env = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "MLFLOW_TRACKING_URI": server.url,
        "MLFLOW_TRACKING_TOKEN": token, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_DISABLE_TELEMETRY": "true",
    }  # fmt: skip
    for name, python in clients.items():
        with language_model(lambda _conversation: "Yes.") as model:
            done = subprocess.run(
                [python, WORK, name], env=env | {"MODEL": model}, capture_output=True, text=True, timeout=180
            )
        assert not done.returncode, f"{name}\n{done.stderr}\n{server.log}"
        told = json.loads(done.stdout.splitlines()[-1])
        told.get("ask_people", {}).pop("queue_id", None)
        assert told == {"version": name.partition("==")[2]} | CLIENTS[name], name
