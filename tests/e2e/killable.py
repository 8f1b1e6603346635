"""An application to chat with as a process of its own, so that it can be killed in mid-stream.

python -m tests.e2e.killable PORT begins   says BEGINNING and then nothing more, for ever
python -m tests.e2e.killable PORT ends     says all of it
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BEGINNING = "Yes, sudden water "
END = "damage is covered."


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ends = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.say({"delta": {"content": BEGINNING}, "finish_reason": None})
        if not self.ends:
            threading.Event().wait()
        self.say({"delta": {"content": END}, "finish_reason": None})
        self.say({"delta": {}, "finish_reason": "stop"})
        self.write(b"data: [DONE]\n\n")
        self.write(b"")

    def say(self, choice: dict[str, object]) -> None:
        self.write(f"data: {json.dumps({'choices': [{'index': 0, **choice}]})}\n\n".encode())

    def write(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def killable(port: int, how: str) -> Iterator[subprocess.Popen[str]]:
    """Run it; it is killed at the end, if it lives."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.e2e.killable", str(port), how]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "listening\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


if __name__ == "__main__":
    Answer.ends = sys.argv[2] == "ends"
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer)
    print("listening", flush=True)
    server.serve_forever()
