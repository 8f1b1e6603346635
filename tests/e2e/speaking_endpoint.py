"""An endpoint that speaks OpenAI's stream: it says its text word by word, and waits where a test wants it to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class SpeakingEndpoint:
    """`text` is what it says; while `held`, it says the first half and waits for `go_on`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.model = ""
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[dict[str, Any]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                endpoint.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def hold(self) -> None:
        self.gate.clear()

    def go_on(self) -> None:
        self.gate.set()

    def stop(self) -> None:
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(json.loads(request.rfile.read(int(request.headers["content-length"]))))
        request.send_response(200)
        request.send_header("content-type", "text/event-stream")
        request.send_header("transfer-encoding", "chunked")
        request.end_headers()
        words = self.text.split(" ")
        for number, word in enumerate(words):
            if number == len(words) // 2:
                self.gate.wait(30)
            self.say(request, {"content": word if number == 0 else f" {word}"})
        self.say(request, {}, "stop")
        self.chunk(request, b"data: [DONE]\n\n")
        self.chunk(request, b"")

    def say(self, request: BaseHTTPRequestHandler, delta: dict[str, str], reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        self.chunk(request, f"data: {json.dumps({'model': self.model, 'choices': [choice]})}\n\n".encode())

    def chunk(self, request: BaseHTTPRequestHandler, data: bytes) -> None:
        request.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        request.wfile.flush()
