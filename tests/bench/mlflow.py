"""MLflow both ways: the same real client against this server and against a real `mlflow server`, in one run.

    logging traces   `mlflow.start_span` with four spans, as an application does, until all has arrived
    log_feedback     one after the other, each on its own trace
    search_traces    a page of 100 with its spans, of MLFLOW_TRACES traces (10,000)
    pull             all of them, from the real server, as a worker does
    write-back       assessments on pulled traces, until the real server has them

The client runs in processes of its own. Much of the time goes to the client itself, so what is left without its CPU
stands on a line of its own, and so does the CPU of each server, which a busy machine disturbs least.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django

from tests.bench import table
from tests.bench.servers import ROOT

TRACES = int(os.environ.get("MLFLOW_TRACES", "10000"))  # on each side, to search in and to pull
DEEDS = (("logging a trace", "logging", 200), ("log_feedback", "feedback", 200), ("search_traces", "search", 10))
WRITTEN = 300  # assessments
READY_WITHIN_S = 300


@dataclass(frozen=True)
class Side:
    """A server that runs; `group` is its processes' group."""

    url: str
    token: str
    group: int


def main() -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    folder = Path(os.environ["REVIEWAPP_DATA_DIR"])
    token = people()
    with mlflow_server(folder) as theirs, review_app(folder, token) as ours:
        for side in (theirs, ours):
            run_client(side, "fill", str(TRACES))
        for what, deed, n in DEEDS:
            compare(what, measured(theirs, deed, n), measured(ours, deed, n))
        bridge(theirs.url)


def people() -> str:
    from accounts.models import ApiToken, Role, User

    dana = User.objects.create_user("dana@example.org", name="Dana Roth", role=Role.DEVELOPER)
    return ApiToken.objects.issue(user=dana, name="bench")


@contextmanager
def mlflow_server(folder: Path) -> Iterator[Side]:
    port = free_port()
    home = folder / "mlflow"
    home.mkdir()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "4"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{home / 'mlflow.db'}",
        "--artifacts-destination",
        str(home / "files"),
    ]
    env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    yield from running(command, env, f"http://127.0.0.1:{port}", "/health", home / "log")


@contextmanager
def review_app(folder: Path, token: str) -> Iterator[Side]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "reviewapp.asgi:application", "--port", str(port)]
    command += ["--log-level", "warning"]
    yield from running(command, dict(os.environ), f"http://127.0.0.1:{port}", "/healthz", folder / "log", token)


def running(command: list[str], env: dict[str, str], url: str, path: str, log: Path, token: str = "") -> Iterator[Side]:
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True)
    until = time.monotonic() + READY_WITHIN_S
    try:
        while not answers(url + path):
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(f"{command[2]} does not start: {log.read_text()[-2000:]}")
            time.sleep(0.2)
        yield Side(url, token, process.pid)
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - an address of ours
            return bool(answer.status == 200)
    except OSError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def measured(side: Side, deed: str, n: int) -> dict[str, float]:
    """Return milliseconds of one: `took`, of which `client` is the client's own CPU; `server` is the server's."""
    before = cpu_of(side)
    figures: dict[str, float] = json.loads(run_client(side, "measure", deed, str(n)).splitlines()[-1])
    return figures | {"server": (cpu_of(side) - before) * 1000 / n}


def compare(what: str, theirs: dict[str, float], ours: dict[str, float]) -> None:
    table.at_most(what, ours["took"], 1 / 3, floor=theirs["took"], unit="ms")
    waited = [max(each["took"] - each["client"], 0.01) for each in (ours, theirs)]
    table.at_most(f"{what}: without the client", waited[0], 1 / 3, floor=waited[1], unit="ms")
    table.at_most(f"{what}: the server's CPU", ours["server"], 1 / 3, floor=theirs["server"], unit="ms")


def cpu_of(side: Side) -> float:
    """Return the seconds of CPU that a server and its workers have used."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[2]) == side.group:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def run_client(side: Side, *arguments: str) -> str:
    env = {**os.environ, "MLFLOW_TRACKING_URI": side.url, "MLFLOW_DISABLE_TELEMETRY": "true"}
    env |= {"MLFLOW_TRACKING_TOKEN": side.token} if side.token else {}
    command = [sys.executable, "-m", "tests.bench.mlflow_client", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def bridge(url: str) -> None:
    """Pull everything from the real server, then write assessments back; in this process, as a worker does."""
    from django.conf import settings

    from mlflow_bridge.delivering import deliver_due
    from mlflow_bridge.models import Connection
    from mlflow_bridge.outbox import put
    from mlflow_bridge.pulling.pull import pull
    from traces.models import Assessment, Trace

    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.0/8"]
    connection = Connection.objects.create(name="MLflow", tracking_uri=url, pulls=True)
    started, cpu = time.perf_counter(), time.process_time()
    n = pull(connection)
    took, own = time.perf_counter() - started, time.process_time() - cpu
    table.at_least(f"pull, {n:,} traces", n * 60 / took, 2000, unit="/min")
    table.at_most("pull, our own CPU", own * 1000 / n, 30, unit="ms each")
    traces = list(Trace.objects.filter(pulled_from__connection=connection).order_by("pk")[:WRITTEN])
    made = Assessment.objects.bulk_create(
        Assessment(trace=each, name="correct", kind="feedback", value=True, source_type="HUMAN", source_id="ann@x.org")
        for each in traces
    )
    put([each.pk for each in made])
    started, sent = time.perf_counter(), 0
    while n_sent := deliver_due():
        sent += n_sent
    table.at_least(f"write-back, {sent} assessments", sent / (time.perf_counter() - started), 20, unit="/s")


if __name__ == "__main__":
    main()
