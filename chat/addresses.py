"""Which addresses this server calls: no private ones, whatever name, spelling or redirect leads there.

A name is looked up once, every address behind it is checked, and the connection goes to one of those very
addresses: a name that means something else a moment later changes nothing. `ENDPOINT_PRIVATE_ADDRESSES` lists
the networks and host names that are called all the same.

Redirects: only 307 and 308 to the same scheme, host and port are followed, with the same body and secret; any
other is an answer like any other, and nothing goes where it points.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

import anyio
import httpcore
import httpx
from anyio.abc import ByteStream
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chat.events import Fault

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Awaitable[list[str]]]

HOST = re.compile(r"[\w.-]+")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
SAME_PLACE = {307, 308}  # redirects that keep method and body
MAX_REDIRECTS = 3
MAX_CONNECTIONS = 1000
KEPT_ALIVE = 100


class AddressRefused(httpx.ConnectError):
    """An address that this server does not call; the message names it."""

    fault = Fault.NOT_ALLOWED


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system finds them. Raises: httpx.ConnectError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"{host} was not found: {error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def check(url: str, *, resolver: Resolver = look_up) -> None:
    """Look up an address and refuse it if it is not to be called. Raises: AddressRefused, httpx.ConnectError."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise AddressRefused(f"{url:.200} is no web address.") from error
    check_form(parsed)
    await permitted(parsed.host, port_of(parsed), resolver)


def check_form(url: httpx.URL) -> None:
    if url.scheme not in {"http", "https"} or not url.host:
        raise AddressRefused("Only addresses that begin with http:// or https:// are called.")
    if url.userinfo:
        raise AddressRefused("An address must not hold a name and password: use the secret or a header.")


def port_of(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


async def permitted(host: str, port: int, resolver: Resolver) -> list[str]:
    """Return the addresses of a host, all of which may be called. Raises: AddressRefused, httpx.ConnectError."""
    names, networks = exceptions()
    found = await resolver(host, port)
    if host.lower().rstrip(".") in names:
        return found
    for text in found:
        address = ipaddress.ip_address(text)
        if not is_public(address) and not any(address in network for network in networks):
            raise AddressRefused(f"{host} is at {address}, a private address that this server does not call.")
    return found


def exceptions() -> tuple[set[str], list[Network]]:
    """Return the host names and the networks that are called although they are private.

    Raises: ImproperlyConfigured, at the start.
    """
    names, networks = set(), []
    for entry in settings.ENDPOINT_PRIVATE_ADDRESSES:
        try:
            networks.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            if not HOST.fullmatch(entry):
                raise ImproperlyConfigured(
                    f"ENDPOINT_PRIVATE_ADDRESSES: {entry!r} is no network or host name."
                ) from None
            names.add(entry.lower().rstrip("."))
    return names, networks


def is_public(address: Address) -> bool:
    """Whether it is an address of the open internet, and not one that only wraps another."""
    inner = embedded(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one leads to: mapped, compatible, NAT64, 6to4."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class Connection(httpcore.AsyncNetworkStream):
    """A connection as httpcore makes it, which is read without a timer for each read where none is asked for.

    Answers come in thousands of reads, under deadlines of their own: see chat/deadlines.py.
    """

    def __init__(self, stream: Any) -> None:
        self.stream: httpcore.AsyncNetworkStream = stream
        self.socket: ByteStream = stream._stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if timeout is not None:
            return await self.stream.read(max_bytes, timeout)
        try:
            return await self.socket.receive(max_bytes)
        except anyio.EndOfStream:
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self.stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self.stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return Connection(await self.stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to an address that was checked, and not to whatever a second look-up would find."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                found = await permitted(host, port, self.resolver)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} was not found in time") from error
        for address in found[:-1]:
            try:
                stream = await self.backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                continue
            return Connection(stream)
        return Connection(await self.backend.connect_tcp(found[-1], port, timeout, local_address, socket_options))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """HTTP to addresses that this server calls, and to no others."""

    def __init__(self, resolver: Resolver = look_up) -> None:
        super().__init__()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=KEPT_ALIVE,
            keepalive_expiry=30,
            network_backend=CheckedBackend(resolver),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        check_form(request.url)
        response = await super().handle_async_request(request)
        for _ in range(MAX_REDIRECTS):
            target = same_place(request.url, response)
            if target is None:
                break
            await response.aclose()
            request = httpx.Request(
                request.method, target, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
            response = await super().handle_async_request(request)
        return response


def same_place(url: httpx.URL, response: httpx.Response) -> httpx.URL | None:
    """Return where a redirect leads that stays at the same scheme, host and port."""
    if response.status_code not in SAME_PLACE:
        return None
    try:
        target = url.join(response.headers.get("location", ""))
    except httpx.InvalidURL:
        return None
    stays = (target.scheme, target.host, port_of(target)) == (url.scheme, url.host, port_of(url))
    return target if stays and not target.userinfo else None


clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


def client() -> httpx.AsyncClient:
    """Return the process's client, one for its event loop; connections are kept and used again."""
    loop = asyncio.get_running_loop()
    if loop not in clients:
        clients[loop] = make_client()
    return clients[loop]


def make_client(resolver: Resolver = look_up) -> httpx.AsyncClient:
    # No proxy from the environment: it would look names up by itself.
    return httpx.AsyncClient(transport=CheckedTransport(resolver), follow_redirects=False, trust_env=False)
