"""The socket of a comparison, through the real ASGI application."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.conf import settings as django_settings
from django.test import Client

from chat import comparing, running
from chat.models import Round
from chat.tests.speaking import Call, Speaker
from reviewapp.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
TELLING = ["Claims assistant", "v2.3", "v2.4", "claims-1", "claims-2", "127.0.0.1"]


@pytest.fixture(autouse=True)
def clean_layer():
    """One test's sockets are not another's."""
    yield
    layer = get_channel_layer()
    layer.channels.clear()
    layer.groups.clear()


class Socket(ApplicationCommunicator):
    """A browser's end of a socket; all that came through it is kept in `heard`."""

    def __init__(self, path: str, cookie: bytes) -> None:
        headers = [(b"host", b"127.0.0.1:8000"), (b"origin", b"http://127.0.0.1:8000"), (b"cookie", cookie)]
        super().__init__(application, {"type": "websocket", "path": path, "headers": headers, "query_string": b""})
        self.heard = ""

    async def connect(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output(30))["type"] == "websocket.accept"

    async def closes(self) -> int:
        """Wait for the end; return its code."""
        answer = await self.receive_output(30)
        assert answer["type"] == "websocket.close"
        return answer["code"]

    async def says(self, **message: object) -> None:
        await self.send_input({"type": "websocket.receive", "text": json.dumps(message)})

    async def hears(self, op: str) -> dict[str, object]:
        """Wait for the next message of this kind."""
        while True:
            answer = await self.receive_output(30)
            self.heard += answer["text"]
            message = json.loads(answer["text"])
            if message["op"] == op:
                return message

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait()


def cookie_of(user) -> bytes:
    client = Client()
    client.force_login(user, backend="accounts.backends.PasswordBackend")
    name = django_settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}".encode()


async def socket_of(user, comparison_id: UUID) -> Socket:
    cookie = await sync_to_async(cookie_of)(user) if user else b""
    return Socket(f"/ws/chat/compare/{comparison_id}/", cookie)


async def ask(comparison, speaker) -> tuple[Round, list[Call]]:
    """Ask both; return the round, and both calls, the first endpoint's first."""
    made = await sync_to_async(comparing.ask)(comparison, message="Am I covered?", left=uuid4(), right=uuid4())
    for turn_id in (made.first_turn_id, made.second_turn_id):
        await running.start(turn_id)
    calls = [await speaker.asked() for _ in range(2)]
    return made, sorted(calls, key=lambda call: call.body["model"])


@pytest.fixture
async def both(speaker, endpoint, rival) -> Speaker:
    """Both endpoints, alive."""
    rival.url = endpoint.url
    await rival.asave()
    return speaker


async def test_both_answers_come_through_one_socket_and_tell_no_name(comparison, both, alice):
    made, calls = await ask(comparison, both)
    socket = await socket_of(alice, comparison.pk)
    await socket.connect()
    for turn_id in (made.first_turn_id, made.second_turn_id):
        await socket.says(op="watch", turn=str(turn_id), cursor=0, blocks=0)

    ended = {}
    for call, text in zip(calls, ("Yes, you are.", "No."), strict=True):
        await call.say(text)
        await call.end()
        message = await socket.hears("ended")
        ended[message["turn"]] = message["html"]

    assert "Yes, you are." in ended[str(made.first_turn_id)]
    assert "No." in ended[str(made.second_turn_id)]
    hidden = [*TELLING, str(comparison.first_id), str(comparison.second_id), "/traces/"]
    assert [word for word in hidden if word in socket.heard] == []
    await socket.disconnect()


async def test_after_the_verdict_the_end_tells_the_name(comparison, both, alice):
    made, calls = await ask(comparison, both)
    socket = await socket_of(alice, comparison.pk)
    await socket.connect()
    await socket.says(op="watch", turn=str(made.first_turn_id), cursor=0, blocks=0)
    await calls[0].say("Yes.")
    await socket.hears("frame")

    await sync_to_async(comparing.judge)(made, "left")
    for call in calls:
        await call.end()

    assert "Claims assistant v2.3" in (await socket.hears("ended"))["html"]
    await socket.disconnect()


async def test_another_page_hears_that_something_was_asked(comparison, both, alice):
    socket = await socket_of(alice, comparison.pk)
    await socket.connect()

    made, calls = await ask(comparison, both)

    heard = {(await socket.hears("turn"))["turn"] for _ in range(2)}
    assert heard == {str(made.first_turn_id), str(made.second_turn_id)}
    for call in calls:
        await call.end()
    await socket.disconnect()


@pytest.mark.parametrize("op", ["ask", "again", "edit", "stop", "nonsense"])
async def test_nothing_but_watching_goes_through_it(comparison, alice, op):
    socket = await socket_of(alice, comparison.pk)
    await socket.connect()

    await socket.says(op=op, turn=str(uuid4()), message="?")

    assert (await socket.hears("error"))["message"]
    await socket.disconnect()


async def test_another_conversations_turn_is_not_there(comparison, make_turn, alice):
    turn = await sync_to_async(make_turn)()
    socket = await socket_of(alice, comparison.pk)
    await socket.connect()

    await socket.says(op="watch", turn=str(turn.pk), cursor=0, blocks=0)

    assert (await socket.hears("error"))["message"]
    await socket.disconnect()


@pytest.mark.parametrize(("who", "code"), [("nobody", 4401), ("bob", 4404), ("mallory", 4404)])
async def test_others_are_refused(comparison, who, code, bob, mallory):
    socket = await socket_of({"nobody": None, "bob": bob, "mallory": mallory}[who], comparison.pk)

    await socket.connect()

    assert await socket.closes() == code
