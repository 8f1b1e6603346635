"""An application of somebody else's, at an address of its own: the example page, under a strict policy."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.e2e.server import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "feedback-widget"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}


class Shop:
    """Serves the example with the Review App's address and a key in it; `url` is where."""

    def __init__(self, review_app: str) -> None:
        shop = self
        self.review_app, self.key = review_app, ""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = EXAMPLE / (self.path.partition("?")[0].lstrip("/") or "index.html")
                if not path.is_file():
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", TYPES[path.suffix])
                self.send_header("Content-Security-Policy", shop.policy)
                self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
                self.end_headers()
                self.wfile.write(shop.filled(path))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def policy(self) -> str:
        return (
            f"default-src 'none'; script-src 'self' {self.review_app}; style-src 'self'; "
            f"connect-src {self.review_app}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'"
        )

    def filled(self, path: Path) -> bytes:
        text = path.read_text(encoding="utf-8")
        return text.replace("https://review.example.org", self.review_app).replace("pk_YOUR_KEY", self.key).encode()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
