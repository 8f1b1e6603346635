"""What servers say of themselves. Shapes: MLflow's AgentServer 3.17, OpenAI, Anthropic, Ollama, A2A."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client

from chat.models import Endpoint
from chat.tests.filling import HTMX, LOOPBACK, filled


class Server(ThreadingHTTPServer):
    """Answers GET with what `says` has for the path, as JSON; notes paths and keys."""

    says: dict[str, Any]
    asked: list[str]
    keys: set[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.keys.add(self.headers.get("authorization") or self.headers.get("x-api-key") or "")
        said = self.server.says.get(self.path)
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(404 if said is None else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def application(settings) -> Iterator[Server]:
    settings.ENDPOINT_PRIVATE_ADDRESSES = LOOPBACK
    with Server(("127.0.0.1", 0), Handler) as server:
        server.says, server.asked, server.keys = {}, [], set()
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def manager(mallory, client_of) -> Client:
    return client_of(mallory)


def found_by(manager: Client, url: str, **typed: str) -> str:
    return manager.post(
        "/chat/endpoints/find-out/", {"protocol": "openai-chat", "url": url, **typed}, headers=HTMX
    ).text


@pytest.mark.parametrize(
    ("path", "said", "words"),
    [
        ("/agent/info", {"name": "a", "use_case": "agent", "agent_api": "responses"}, "MLflow ResponsesAgent"),
        ("/api/tags", {"models": [{"name": "llama3:8b"}]}, "Ollama"),
        ("/v1/models", {"object": "list", "data": [{"id": "claims-1"}, {"id": "claims-2"}]}, "OpenAI Chat Completions"),
        ("/v1/models", {"data": [{"id": "claude-x", "type": "model"}], "has_more": False}, "Anthropic Messages"),
        ("/.well-known/agent-card.json", {"name": "a", "skills": []}, "It speaks A2A"),
        ("/v1/models", {"data": "nonsense"}, "does not say what it speaks"),
        ("/v1/models", b"[" * 100_000, "does not say what it speaks"),
        ("/v1/models", b'{"data": [' + b'"x",' * 300_000 + b'""]}', "does not say what it speaks"),
        ("/nowhere", {}, "does not say what it speaks"),
    ],
)
def test_it_is_known_by_what_it_says(db, application, manager, path, said, words):
    application.says = {path: said}
    assert words in found_by(manager, f"{application.url}/v1")


def test_models_are_offered_as_text(db, application, manager):
    application.says = {"/v1/models": {"data": [{"id": '"><script>alert(1)</script>'}, {"id": 7}, "x", {"id": "m-2"}]}}
    found = found_by(manager, f"{application.url}/v1/chat/completions")
    assert '<option value="m-2">' in found
    assert "<script>" not in found
    assert 'for="endpoint-protocol_0"' in found


def test_nothing_there(db, settings, manager):
    settings.ENDPOINT_PRIVATE_ADDRESSES = LOOPBACK
    assert "Nothing answers there." in found_by(manager, "http://127.0.0.1:9/v1")
    assert "First enter an address." in found_by(manager, "nonsense")


def test_private_address_is_not_asked(db, application, manager, settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = []
    assert "ENDPOINT_PRIVATE_ADDRESSES" in found_by(manager, application.url)
    assert not application.asked


def test_kept_secret_goes_to_its_own_server_only(endpoint, application, manager):
    Endpoint.objects.filter(pk=endpoint.pk).update(url=f"{application.url}/v1")
    endpoint.refresh_from_db()
    url = f"/chat/endpoints/{endpoint.pk}/find-out/"
    manager.post(url, filled(endpoint), headers=HTMX)
    assert application.keys == {"Bearer sk-very-secret"}
    application.keys.clear()
    Endpoint.objects.filter(pk=endpoint.pk).update(url="http://127.0.0.2:9/v1")
    manager.post(url, filled(endpoint), headers=HTMX)
    assert application.keys == {""}
    manager.post(url, filled(endpoint, secret="sk-typed"), headers=HTMX)
    assert "Bearer sk-typed" in application.keys


def test_without_scripts_the_page_comes_back_as_it_was_typed(endpoint, application, manager):
    application.says = {"/api/tags": {"models": []}}
    typed = filled(endpoint, url=application.url, name="Typed name", secret="sk-typed")
    for url in ("/chat/endpoints/find-out/", f"/chat/endpoints/{endpoint.pk}/find-out/"):
        page = manager.post(url, typed).text
        assert "It seems to speak <b>Ollama</b>" in page
        assert 'value="Typed name"' in page
        assert "sk-typed" not in page
    endpoint.refresh_from_db()
    assert endpoint.name == "Claims assistant"


def test_lost_secret_is_told(endpoint, application, mallory, client_of, settings):
    Endpoint.objects.filter(pk=endpoint.pk).update(url=application.url)
    endpoint.refresh_from_db()
    settings.SECRET_KEY = "another key of at least fifty characters, made for this test"
    answer = client_of(mallory).post(f"/chat/endpoints/{endpoint.pk}/find-out/", filled(endpoint), headers=HTMX)
    assert "can’t be opened any more" in answer.text
    assert not application.asked
