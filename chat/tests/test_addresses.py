"""No private address is called, whatever name, spelling, redirect or change of mind leads there."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured

from chat import addresses
from chat.addresses import AddressRefused, check, exceptions, make_client
from chat.events import Fault

PUBLIC = "93.184.215.14"


def resolving(*answers: list[str]):
    """Return a resolver that gives one answer after the other, and counts."""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        resolve.n += 1
        return left.pop(0) if len(left) > 1 else left[0]

    resolve.n = 0
    return resolve


class Web:
    """A server on loopback that answers each path with what the test says, and notes what came."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.requests: list[tuple[str, str, bytes]] = []  # first line, headers, body

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length:")[2].split()[0]) if "content-length" in head.lower() else 0
        body = await reader.readexactly(length)
        line, _, headers = head.partition("\r\n")
        self.requests.append((line, headers, body))
        writer.write(self.answers.get(line.split()[1], "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").encode())
        await writer.drain()
        writer.close()

    def redirect(self, path: str, status: int, location: str) -> None:
        self.answers[path] = f"HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
async def web():
    web = Web()
    server = await asyncio.start_server(web.answer, "127.0.0.1", 0)
    web.port = server.sockets[0].getsockname()[1]
    yield web
    server.close()


@pytest.fixture
def loopback(settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.0/8"]


PRIVATE = [
    "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:a00:1::",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_to_a_private_address_is_refused(address):
    with pytest.raises(AddressRefused, match="private"):
        await check("https://llm.example/v1", resolver=resolving([address]))


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "::ffff:8.8.8.8"]
)
async def test_an_address_of_the_internet_is_called(address):
    await check("https://llm.example/v1", resolver=resolving([address]))


async def test_one_private_address_among_public_ones_is_enough():
    with pytest.raises(AddressRefused):
        await check("https://llm.example/v1", resolver=resolving([PUBLIC, "10.0.0.1"]))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]:8000/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://169.254.169.254/latest/meta-data/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
    ],
)
async def test_every_spelling_of_a_private_address_is_refused_by_the_real_resolver(url):
    with pytest.raises(httpx.ConnectError):
        await check(url)
    async with make_client() as client:
        with pytest.raises((httpx.ConnectError, httpx.InvalidURL)):
            await client.get(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://llm.example/", "file:///etc/passwd", "gopher://llm.example/", "llm.example/v1", "http://", "http:///v1",
        "https://user:secret@llm.example/", "https://user@llm.example/", "http://[::1", "http://a\nb/", "",
        "javascript:alert(1)",
    ],
)  # fmt: skip
async def test_what_is_no_address_of_the_web_is_refused(url):
    with pytest.raises(AddressRefused) as refused:
        await check(url, resolver=resolving([PUBLIC]))
    assert "secret" not in str(refused.value).replace("use the secret", "")


async def test_a_refusal_says_which_fault_it_is():
    assert AddressRefused("x").fault == Fault.NOT_ALLOWED
    assert isinstance(AddressRefused("x"), httpx.ConnectError)


async def test_a_name_that_is_not_found_is_no_refusal():
    async def resolve(host: str, port: int) -> list[str]:
        return await addresses.look_up("no-such-host.invalid", port)

    with pytest.raises(httpx.ConnectError) as error:
        await check("https://llm.example/", resolver=resolve)
    assert not isinstance(error.value, AddressRefused)


async def test_a_network_or_a_name_may_be_allowed(settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["10.1.0.0/16", "LLM.internal", "::1"]

    await check("http://any.example/", resolver=resolving(["10.1.2.3"]))
    await check("http://llm.INTERNAL./", resolver=resolving(["192.168.0.1"]))
    await check("http://[::1]/", resolver=resolving(["::1"]))
    for url, address in [("http://any.example/", "10.2.0.1"), ("http://x.llm.internal/", "192.168.0.1")]:
        with pytest.raises(AddressRefused):
            await check(url, resolver=resolving([address]))


def test_a_wrong_setting_stops_the_start(settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["10.0.0.0/99"]

    with pytest.raises(ImproperlyConfigured, match="10.0.0.0/99"):
        exceptions()


async def test_the_connection_goes_to_the_address_that_was_checked(web, settings):
    """The name is looked up once for a connection: what it would mean a moment later is never asked."""
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.1"]
    resolve = resolving(["127.0.0.1"], ["10.0.0.1"])

    async with make_client(resolve) as client:
        response = await client.post(f"http://llm.example:{web.port}/v1", content=b"hello")

    assert response.text == "ok"
    assert resolve.n == 1
    assert "llm.example" in web.requests[0][1]  # asked by its name


async def test_a_name_that_changes_its_mind_after_the_check_is_refused_at_the_connection(web):
    resolve = resolving([PUBLIC], ["127.0.0.1"])
    await check(f"http://llm.example:{web.port}/", resolver=resolve)

    async with make_client(resolve) as client:
        with pytest.raises(AddressRefused):
            await client.get(f"http://llm.example:{web.port}/")

    assert web.requests == []


async def test_the_next_address_is_tried_where_one_does_not_answer(web, loopback):
    async with make_client(resolving(["127.0.0.2", "127.0.0.1"])) as client:
        assert (await client.get(f"http://llm.example:{web.port}/")).text == "ok"


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_to_the_same_place_keeps_body_and_secret(status, web, loopback):
    web.redirect("/v1", status, "/v1/")

    async with make_client() as client:
        headers = {"authorization": "Bearer sk-secret"}
        response = await client.post(f"http://127.0.0.1:{web.port}/v1", content=b"hello", headers=headers)

    assert response.text == "ok"
    line, headers, body = web.requests[-1]
    assert line == "POST /v1/ HTTP/1.1"
    assert body == b"hello"
    assert "sk-secret" in headers


@pytest.mark.parametrize(
    ("status", "location"),
    [
        (307, "http://localhost:{port}/other"),
        (307, "http://127.0.0.1:1/other"),
        (308, "https://127.0.0.1:{port}/other"),
        (308, "http://u:p@127.0.0.1:{port}/other"),
        (307, "http://169.254.169.254/latest"),
        (302, "/sign-in"),
        (301, "/sign-in"),
        (303, "/sign-in"),
    ],
)
async def test_any_other_redirect_is_an_answer_and_leads_nowhere(status, location, web, loopback):
    web.redirect("/v1", status, location.format(port=web.port))

    async with make_client() as client:
        response = await client.post(f"http://127.0.0.1:{web.port}/v1", content=b"hello")

    assert response.status_code == status
    assert len(web.requests) == 1


async def test_redirects_in_a_circle_come_to_an_end(web, loopback):
    web.redirect("/v1", 307, "/v1")

    async with make_client() as client:
        assert (await client.post(f"http://127.0.0.1:{web.port}/v1", content=b"x")).status_code == 307

    assert len(web.requests) == 1 + addresses.MAX_REDIRECTS


async def test_a_name_and_password_in_the_address_are_refused_by_the_client_too(web, loopback):
    async with make_client() as client:
        with pytest.raises(AddressRefused):
            await client.get(f"http://user:secret@127.0.0.1:{web.port}/")


async def test_no_proxy_of_the_environment_is_asked(web, loopback, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    async with make_client() as client:
        assert (await client.get(f"http://127.0.0.1:{web.port}/")).text == "ok"


async def test_a_look_up_that_takes_too_long_is_given_up():
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    async with make_client(resolve) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await client.get("http://llm.example/", timeout=0.05)


async def test_the_process_has_one_client():
    assert addresses.client() is addresses.client()
    await addresses.client().aclose()
