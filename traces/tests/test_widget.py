"""The widget as other people's pages load it."""

from __future__ import annotations

import gzip
import re

from traces.views.widget import WIDGET, digest, integrity

FORBIDDEN = ("innerHTML", "eval(", "new Function", "document.cookie", "localStorage", "sessionStorage", "indexedDB")


def test_it_is_small():
    assert len(gzip.compress(WIDGET.read_bytes(), 6)) <= 6 * 1024


def test_it_needs_nothing_that_a_strict_policy_forbids_and_keeps_nothing():
    code = WIDGET.read_text(encoding="utf-8")
    assert [word for word in FORBIDDEN if word in code] == []
    assert not re.search(r"\bimport\b|\brequire\(|\.style\b|https?://(?!www\.w3\.org/2000/svg)", code)


def test_any_page_may_load_it_and_keep_it_for_an_hour(client, db):
    answer = client.get("/widget/feedback.js", headers={"Origin": "https://app.example.org"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["Cache-Control"] == "public, max-age=3600, stale-while-revalidate=86400"
    assert not answer.cookies
    again = client.get("/widget/feedback.js", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_pinned_one_is_kept_for_ever_and_another_releases_is_not_there(client, db):
    answer = client.get(f"/widget/feedback-{digest()}.js")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/widget/feedback-000000000000.js").status_code == 404
    assert integrity().startswith("sha384-")


def test_it_is_only_read(client, db):
    assert client.post("/widget/feedback.js").status_code == 405
