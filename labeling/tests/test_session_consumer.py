"""The socket of a session's page, through the real ASGI application: origin, sign-in and routing included."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.conf import settings
from django.test import Client

from labeling import live
from labeling.tests.judging import judge, put_aside
from reviewapp.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def clean_layer():
    """One test's sockets are not another's."""
    yield
    layer = get_channel_layer()
    layer.channels.clear()
    layer.groups.clear()


class Socket(ApplicationCommunicator):
    """A browser's end of a socket. channels.testing has one, but importing it takes Daphne, which is not our server."""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        super().__init__(application, {"type": "websocket", "path": path, "headers": headers, "query_string": b""})

    async def connect(self) -> tuple[bool, int | None]:
        """Return whether the socket was accepted, and the close code if not."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output()
        return answer["type"] == "websocket.accept", answer.get("code")

    async def hears(self) -> dict[str, str]:
        answer = await self.receive_output()
        assert answer["type"] == "websocket.send"
        return json.loads(answer["text"])

    async def says(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait()


def cookie_of(user) -> bytes:
    client = Client()
    client.force_login(user, backend="accounts.backends.PasswordBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


async def socket_of(user, session_id: UUID, *, origin: str = HERE) -> Socket:
    headers = [(b"host", b"127.0.0.1:8000"), (b"origin", origin.encode())]
    if user:
        headers.append((b"cookie", await sync_to_async(cookie_of)(user)))
    return Socket(f"/ws/sessions/{session_id}/", headers)


async def test_a_manager_hears_that_an_item_was_judged(session, alice, mallory):
    socket = await socket_of(mallory, session.pk)
    assert (await socket.connect())[0]

    await sync_to_async(judge)(session, alice, correct=True)

    assert await socket.hears() == {"event": "session:changed"}
    await socket.disconnect()


async def test_declining_closing_and_reopening_are_heard_too(session, alice, mallory):
    socket = await socket_of(mallory, session.pk)
    await socket.connect()

    for deed in (lambda: put_aside(session, alice), session.close, session.reopen):
        await sync_to_async(deed)()
        assert await socket.hears() == {"event": "session:changed"}
    await socket.disconnect()


async def test_another_session_is_not_heard(session, make_session, alice, mallory):
    other = await sync_to_async(make_session)(alice)
    socket = await socket_of(mallory, other.pk)
    await socket.connect()

    await sync_to_async(judge)(session, alice, correct=True)

    assert await socket.receive_nothing()
    await socket.disconnect()


@pytest.mark.parametrize(("person", "code"), [("charlie", 4404), ("alice", 4403), ("dana", 4404)])
async def test_who_does_not_run_the_session_gets_no_socket(person, code, session, alice, charlie, dana):
    socket = await socket_of({"charlie": charlie, "alice": alice, "dana": dana}[person], session.pk)

    assert await socket.connect() == (False, code)


async def test_nobody_gets_no_socket(session):
    socket = await socket_of(None, session.pk)

    assert await socket.connect() == (False, 4401)


async def test_a_session_that_is_not_there_has_none(mallory):
    socket = await socket_of(mallory, uuid4())

    assert await socket.connect() == (False, 4404)


async def test_a_page_of_another_site_gets_no_socket_for_its_visitor(session, mallory):
    socket = await socket_of(mallory, session.pk, origin="https://evil.example")

    connected, _code = await socket.connect()

    assert not connected


async def test_what_a_page_says_is_not_listened_to(session, alice, mallory):
    socket = await socket_of(mallory, session.pk)
    await socket.connect()

    await socket.says('{"event": "session:changed"}')

    assert await socket.receive_nothing()
    await sync_to_async(live.tell)(session.pk)
    assert await socket.hears() == {"event": "session:changed"}
    await socket.disconnect()


async def test_a_socket_that_went_leaves_its_group(session, mallory):
    socket = await socket_of(mallory, session.pk)
    await socket.connect()
    assert get_channel_layer().groups

    await socket.disconnect()

    assert not get_channel_layer().groups.get(live.group_of(session.pk))
