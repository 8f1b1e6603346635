"""Answers over real sockets from real processes: killed sockets, slow readers, other processes, crashes."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket as sockets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from chat.tests.serving import Server, World, says
from chat.tests.sockets import Page, words_in
from chat.tests.speaking import Call, Speaker
from labeling.tests.conftest import new_postgres  # noqa: F401

WORDS = [f"w{n} " + "\n\n" * (n % 25 == 24) for n in range(400)]
PATIENCE_S = 20


@pytest.fixture(scope="module")
def embedded(tmp_path_factory) -> Iterator[Server]:
    """One process on SQLite, as `make run` starts it."""
    folder = tmp_path_factory.mktemp("embedded")
    server = Server(World(f"sqlite:///{folder}/reviewapp.sqlite3", folder), folder / "log")
    yield server
    server.stop()
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


@pytest.fixture(scope="module")
def two(tmp_path_factory, new_postgres) -> Iterator[list[Server]]:  # noqa: F811
    """Two processes on PostgreSQL and Redis."""
    folder = tmp_path_factory.mktemp("two")
    redis = os.environ.get("TEST_REDIS_URL")
    assert redis, "This test needs Redis: run it by `make test`, or by `scripts/with-services .venv/bin/pytest …`."
    world = World(new_postgres(), folder, redis=redis)
    servers = [Server(world, folder / f"log{n}") for n in range(2)]
    yield servers
    for server in servers:
        server.stop()
        assert "Traceback" not in server.log.read_text(), server.log.read_text()


@asynccontextmanager
async def speaking_for(world: World) -> AsyncIterator[Speaker]:
    speaker = Speaker()
    server = await asyncio.start_server(speaker.answer, "127.0.0.1", world.speaker_port)
    try:
        yield speaker
    finally:
        server.close()
        for call in speaker.open:
            call.gone.cancel()
            call.writer.close()


async def hear_until(socket, page: Page, until) -> None:
    while not until(page):
        page.take(json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S)))


async def begin(server: Server, conversation: str, speaker: Speaker) -> tuple[UUID, Call]:
    """Ask, and leave."""
    turn_id = uuid4()
    async with server.socket(conversation) as socket:
        await says(socket, "ask", turn=turn_id, parent=None, message="Say much")
        call = await speaker.asked()
    return turn_id, call


def bare(text: str) -> str:
    return "".join(text.split())


async def recite(call: Call, words: list[str], pause_s: float = 0.003) -> None:
    for word in words:
        await call.say(word)
        await asyncio.sleep(pause_s)
    await call.end()


async def watch_with_accidents(servers: list[Server], conversation: str, turn_id: UUID, whole: str, seed: int) -> Page:
    """Watch to the end over sockets that are torn apart at any moment; what is shown is always true."""
    chance, page = random.Random(seed), Page()
    while not page.final:
        async with chance.choice(servers).socket(conversation) as socket:
            await says(socket, "watch", turn=turn_id, cursor=page.cursor, blocks=len(page.blocks))
            for _ in range(chance.randrange(1, 30)):
                page.take(json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S)))
                assert whole.startswith(bare(page.shown))
                if page.final:
                    break
            else:
                socket.transport.abort()
    return page


async def check_accidents(servers: list[Server], conversations: list[str]) -> None:
    world = servers[0].world
    whole = bare("".join(WORDS))
    async with speaking_for(world) as speaker:
        watching = []
        for seed, conversation in enumerate(conversations):
            turn_id, call = await begin(servers[seed % len(servers)], conversation, speaker)
            told = asyncio.create_task(recite(call, WORDS))
            watching.append((turn_id, told, watch_with_accidents(servers, conversation, turn_id, whole, seed)))
        pages = await asyncio.gather(*(watch for _turn, _told, watch in watching))
        await asyncio.gather(*(told for _turn, told, _watch in watching))
    for page, (turn_id, _told, _watch) in zip(pages, watching, strict=True):
        assert world.turn(turn_id) == ("complete", "".join(WORDS))
        assert world.written(turn_id) == 0
        assert whole in bare(words_in(page.final))


async def test_sockets_that_are_torn_apart_lose_nothing_and_double_nothing(embedded):
    await check_accidents([embedded], embedded.world.conversations[:8])


async def test_nor_do_they_where_another_process_answers(two):
    """Each reconnect comes to either process; only one of them runs the turn."""
    await check_accidents(two, two[0].world.conversations[:6])


async def test_another_process_hears_of_the_turn_reads_along_and_stops_it(two):
    here, there = two
    conversation = here.world.conversations[10]
    async with (
        speaking_for(here.world) as speaker,
        here.socket(conversation) as asking,
        there.socket(conversation) as other,
    ):
        turn_id, mine, theirs = uuid4(), Page(), Page()
        await says(asking, "ask", turn=turn_id, parent=None, message="Say much")
        call = await speaker.asked()
        await call.say("One.\n\n", "Two")
        await hear_until(asking, mine, lambda page: page.shown == "One.Two")
        await hear_until(other, theirs, lambda page: page.shown == "One.Two")

        await says(other, "stop", turn=turn_id)

        for socket, page in ((asking, mine), (other, theirs)):
            await hear_until(socket, page, lambda page: page.final)
        await asyncio.wait_for(call.gone, PATIENCE_S)
    assert here.world.turn(turn_id) == ("stopped", "One.\n\nTwo")


async def test_a_crash_leaves_an_interrupted_turn_with_its_text(embedded, tmp_path):
    world, conversation = embedded.world, embedded.world.conversations[10]
    async with speaking_for(world) as speaker:
        crashing = Server(world, tmp_path / "log")
        turn_id, call = await begin(crashing, conversation, speaker)
        await call.say("One.\n\n", "Two")
        while world.written(turn_id) < 2:
            await asyncio.sleep(0.02)
        crashing.stop(signal.SIGKILL)
        world.grow_old(turn_id)  # instead of waiting for ten seconds without a heartbeat

        async with embedded.socket(conversation) as socket:
            await says(socket, "watch", turn=turn_id, cursor=0, blocks=0)
            page = Page()
            await hear_until(socket, page, lambda page: page.final)

    assert "One." in page.final
    assert "Two" in page.final
    assert world.turn(turn_id) == ("interrupted", "One.\n\nTwo")


async def test_a_server_that_goes_in_peace_keeps_every_word(embedded, tmp_path):
    world, conversation = embedded.world, embedded.world.conversations[11]
    async with speaking_for(world) as speaker:
        going = Server(world, tmp_path / "log")
        async with going.socket(conversation) as socket:
            turn_id, page = uuid4(), Page()
            await says(socket, "ask", turn=turn_id, parent=None, message="Say much")
            call = await speaker.asked()
            await call.say("One.\n\n", "Two")
            await hear_until(socket, page, lambda page: page.shown == "One.Two")

            await asyncio.to_thread(going.stop)

            with pytest.raises(ConnectionClosed):
                await hear_until(socket, page, lambda page: False)
    assert world.turn(turn_id) == ("interrupted", "One.\n\nTwo")
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_a_page_that_does_not_read_slows_nobody(embedded):
    """Its socket is full; the answer is heard to its end and saved, and the other page has it all along."""
    world, conversation = embedded.world, embedded.world.conversations[12]
    paragraphs = [("word " * 100).strip() + f" {n}.\n\n" for n in range(1_000)]
    slow = sockets.socket()
    slow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", embedded.port))
    async with speaking_for(world) as speaker:
        lazy = await embedded.socket(conversation, sock=slow, max_queue=1)
        async with embedded.socket(conversation) as quick:
            turn_id, page = uuid4(), Page()
            await says(quick, "ask", turn=turn_id, parent=None, message="Say much")
            told = asyncio.create_task(recite(await speaker.asked(), paragraphs, 0))
            await count_frames(quick, page)
            await told
        assert world.turn(turn_id) == ("complete", "".join(paragraphs))

        late = Page()
        n_lazy = await count_frames(lazy, late)
        await lazy.close()

    assert late.final == page.final
    assert n_lazy < len(paragraphs) / 10  # few, and large


async def count_frames(socket, page: Page) -> int:
    await hear_until(socket, page, lambda page: page.final)
    return page.n_frames


async def test_a_socket_that_hears_nothing_for_a_while_stays(two):
    """Longer than Redis lets who waits for news wait at once."""
    async with two[0].socket(two[0].world.conversations[11]) as socket:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 7)
