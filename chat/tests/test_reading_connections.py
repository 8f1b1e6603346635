"""Long answers are read without a timer for each read, over TLS too: chat/addresses.py"""

from __future__ import annotations

import asyncio
import datetime
import ssl
import struct

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chat.addresses import make_client

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"
NO_TIMERS = httpx.Timeout(None)


@pytest.fixture(autouse=True)
def loopback(settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.0/8"]


async def local(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.fixture
def certificate(tmp_path, monkeypatch) -> ssl.SSLContext:
    """A certificate for llm.example, in which this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "llm.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("llm.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = tmp_path / "public.pem", tmp_path / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context


async def served(answer, context: ssl.SSLContext | None = None) -> tuple[asyncio.Server, int]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await answer(writer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    return server, server.sockets[0].getsockname()[1]


async def in_pieces(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: close\r\n\r\n")
    for piece in (b"one ", b"two ", b"tre "):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)


async def test_pieces_come_over_tls(certificate):
    server, port = await served(in_pieces, certificate)
    url = f"https://llm.example:{port}/"
    async with server, make_client(local) as client, client.stream("GET", url, timeout=NO_TIMERS) as response:
        pieces = [piece async for piece in response.aiter_raw()]

    assert b"".join(pieces) == b"one two tre "
    assert len(pieces) > 1


async def test_a_certificate_for_another_name_is_refused(certificate):
    server, port = await served(in_pieces, certificate)
    async with server, make_client(local) as client:
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await client.get(f"https://other.example:{port}/", timeout=NO_TIMERS)


async def resets(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"some")
    await writer.drain()
    await asyncio.sleep(0.05)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(1, 13, linger)  # SOL_SOCKET, SO_LINGER: closing sends RST


async def ends_early(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"some")
    await writer.drain()


@pytest.mark.parametrize(("answer", "error"), [(resets, httpx.ReadError), (ends_early, httpx.RemoteProtocolError)])
async def test_a_connection_that_breaks_is_an_error_of_http(answer, error):
    server, port = await served(answer)
    async with server, make_client(local) as client:
        with pytest.raises(error):
            async with client.stream("GET", f"http://llm.example:{port}/", timeout=NO_TIMERS) as response:
                async for _piece in response.aiter_raw():
                    pass


async def test_a_timer_that_is_asked_for_still_runs():
    async def silent(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        await writer.drain()
        await asyncio.sleep(5)

    server, port = await served(silent)
    async with make_client(local) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"http://llm.example:{port}/", timeout=httpx.Timeout(None, read=0.05))
    server.close()
