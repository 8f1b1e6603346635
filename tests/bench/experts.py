"""An expert as the review page is one to the server: keep-alive, one request a label, the next item prefetched."""

from __future__ import annotations

import gzip
import http.client
import re
from urllib.parse import urlencode

from tests.bench.world import World

CSRF = "b" * 32
REVIEW = re.compile(r'data-review="([0-9a-f-]{36})"')


def cookies_of(user) -> dict[str, str]:
    """Sign a person in, and return what their browser sends along."""
    from django.test import Client

    client = Client()
    client.force_login(user, backend="accounts.backends.PasswordBackend")
    return {"sessionid": client.cookies["sessionid"].value, "csrftoken": CSRF}


class Poster:
    """Posts forms over one connection."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items()),
            "Content-Type": "application/x-www-form-urlencoded",
            "HX-Request": "true",
            "Accept-Encoding": "gzip",
        }

    def get(self, path: str) -> str:
        return self.ask("GET", path, None)

    def post(self, path: str, form: dict[str, str]) -> str:
        return self.ask("POST", path, urlencode(form | {"csrfmiddlewaretoken": CSRF}).encode())

    def ask(self, method: str, path: str, body: bytes | None) -> str:
        self.connection.request(method, path, body, self.headers)
        response = self.connection.getresponse()
        content = response.read()
        if response.getheader("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        assert response.status < 400, f"{method} {path}: {response.status} {content[:2000]!r}"
        return content.decode()


class Expert(Poster):
    """One person in the session, who has one item on the screen and the next one ready."""

    def __init__(self, port: int, world: World, user) -> None:
        super().__init__(port, cookies_of(user))
        self.world, self.done = world, 0
        page = self.get(f"/labeling/sessions/{world.session.pk}/review/")
        self.current = review_in(page)
        self.ready = review_in(self.post(f"/labeling/sessions/{world.session.pk}/hand-out/", {"showing": self.current}))

    def label(self) -> str:
        """Submit the item on the screen; return the answer, which brings the one after the next."""
        self.done += 1
        form = self.world.answers(self.done) | {"active_s": "20", "showing": self.ready}
        answer = self.post(f"/labeling/reviews/{self.current}/complete/", form)
        self.current, self.ready = self.ready, review_in(answer)
        return answer


def review_in(html: str) -> str:
    found = REVIEW.search(html)
    assert found, f"There is no item in {html[:500]!r}"
    return found[1]
