"""The official OpenTelemetry SDK for JavaScript, with its HTTP exporters, at a server that runs.

It needs node and npm (`make test` installs them) and a registry to install from. Bodies that it sent elsewhere are
replayed from the corpus as well.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from traces.tests.corpus_files import CORPUS

HERE = Path(__file__).parent / "javascript"


@pytest.fixture(scope="session")
def javascript(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("javascript")
    for name in ("package.json", "package-lock.json", "send.mjs"):
        shutil.copy(HERE / name, folder)
    install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300)
    assert not done.returncode, done.stderr
    return folder


def begin(folder: Path, url: str, format: str, n: int) -> subprocess.Popen[str]:
    command = ["node", "send.mjs", f"{url}/v1/traces", format, str(n)]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def sent_by(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


@pytest.mark.parametrize("format", ["json", "protobuf"])
def test_batches_arrive_once(start_server, javascript, format):
    server = start_server()
    assert sorted(sent_by(begin(javascript, server.url, format, 70))) == sorted(server.stored())


def test_it_comes_again_after_a_time_of_503_and_nothing_is_lost_or_doubled(start_server, javascript):
    server = start_server(INGEST_LOCK_WAIT_S="1")
    with server.behind():
        process = begin(javascript, server.url, "json", 70)
        server.wait_for_line('"POST /v1/traces HTTP/1.1" 503')
        assert server.stored() == []
    assert sorted(sent_by(process)) == sorted(server.stored())


def test_what_it_sent_for_vercels_sdk_is_stored(start_server):
    server = start_server()
    bodies = [path.read_bytes() for path in sorted(CORPUS.glob("vercel*/*.json")) if path.name.startswith("otlp")]
    assert bodies
    for body in bodies * 2:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request(
            "POST",
            "/v1/traces",
            body,
            {"Content-Type": "application/json"},
        )
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())) == (200, {})
        connection.close()
    spans = {
        span["spanId"]
        for body in bodies
        for of_resource in json.loads(body)["resourceSpans"]
        for of_scope in of_resource["scopeSpans"]
        for span in of_scope["spans"]
    }
    assert sorted(server.stored()) == sorted(spans)
