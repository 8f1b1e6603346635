"""Programs reach their views without what is for pages: reviewapp/programs.py"""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import ApiToken
from reviewapp.programs import DOORS
from traces.models import Experiment

SEARCH = "/api/2.0/mlflow/experiments/search?max_results=100"


@pytest.fixture
def token(dana) -> dict[str, str]:
    return {"Authorization": f"Bearer {ApiToken.objects.issue(user=dana)}"}


def patterns(resolver: URLResolver, before: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, path)
        else:
            yield path, each


def test_a_program_has_no_session_and_its_answer_is_guarded_all_the_same(client, token):
    answer = client.get(SEARCH, headers=token)

    assert answer.status_code == 200
    assert not hasattr(answer.wsgi_request, "session")
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_cookie_opens_no_door_of_programs(client_of, dana):
    assert client_of(dana).get(SEARCH).status_code == 401


def test_what_is_for_all_happens_on_the_short_way_too(client, token):
    Experiment.objects.create(name="claims", description="x" * 5000)

    packed = client.get(SEARCH, headers={**token, "Accept-Encoding": "gzip"})
    assert b"claims" in gzip.decompress(packed.content)
    assert client.get(SEARCH, headers={**token, "Host": "evil.example"}).status_code == 400
    assert client.get("/api/3.0/mlflow/traces/tr-%00", headers=token).status_code in {400, 404}
    key = client.get(SEARCH, headers={"Authorization": "Bearer pk-x"})
    assert key.status_code in {401, 403}


def test_pages_keep_their_session(client_of, dana):
    assert client_of(dana).get("/").wsgi_request.session.session_key


def test_every_view_behind_those_doors_takes_no_form():
    behind = [(path, each.callback) for path, each in patterns(get_resolver()) if path.startswith(DOORS)]

    assert len(behind) > 50
    assert [path for path, view in behind if not getattr(view, "csrf_exempt", False)] == []


def test_all_of_it_is_on_the_long_way_as_well():
    assert set(settings.PROGRAM_MIDDLEWARE) < set(settings.MIDDLEWARE)
