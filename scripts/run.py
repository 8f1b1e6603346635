"""Start the app for one machine: database, static files, demo data and server in one process; beside it the worker,
and the demo's application to chat with.

`make run` calls this. Everything is skipped that was done before, so the second start is quick.
HOST (default 127.0.0.1) and PORT (default 8000) say where it listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import django
import uvicorn
from beside import Guide, start_guide, start_worker

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
EVERYWHERE = {"0.0.0.0", "::"}
READY_WITHIN_S = 60


def main() -> None:
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 8000)
    sys.path.insert(0, str(ROOT))
    settle_environment(host, port)
    refuse_taken_port(host, port)
    django.setup()
    migrate()
    collect_static()
    load_demo()
    worker, guide = start_worker(), start_guide(address_of(host, port))
    config = uvicorn.Config(
        "reviewapp.asgi:application",
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    with contextlib.suppress(KeyboardInterrupt):
        AnnouncingServer(config, guide).run()
    worker.stop()
    if guide:
        guide.stop()
    print("Stopped.")


def settle_environment(host: str, port: int) -> None:
    """Let the settings follow where it listens, unless they are set."""
    names = {"localhost", "127.0.0.1", "[::1]"}
    if host in EVERYWHERE:
        names |= own_names()
    elif host not in LOOPBACK:
        names.add(host)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    os.environ.setdefault("SITE_URL", address_of(host, port))
    os.environ.setdefault("ALLOWED_HOSTS", ",".join(sorted(names)))
    os.environ.setdefault("ENDPOINT_PRIVATE_ADDRESSES", "127.0.0.0/8,::1")
    if host in LOOPBACK:
        os.environ.setdefault("INGEST_WITHOUT_TOKEN", "1")


def address_of(host: str, port: int) -> str:
    """Return where a browser on this machine reaches it."""
    name = "127.0.0.1" if host in EVERYWHERE else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def own_names() -> set[str]:
    """Return the names and addresses that others on the network may know this machine by."""
    names = {socket.gethostname(), socket.getfqdn()}
    with contextlib.suppress(OSError):
        names |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    return {f"[{name}]" if ":" in name else name for name in names}


def refuse_taken_port(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        sys.exit(f"Can't listen on {host} port {port}: {error.strerror}. Choose another: PORT=8001 make run")


def migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print("Preparing the database …", flush=True)
        call_command("migrate", verbosity=0)


def collect_static() -> None:
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    stamp = Path(settings.STATIC_ROOT) / ".collected"
    paths = sorted({storage.path(name) for finder in get_finders() for name, storage in finder.list([])})
    facts = [f"{path} {os.stat(path).st_mtime_ns} {os.stat(path).st_size}" for path in paths]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("Collecting static files …", flush=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest)


def load_demo() -> None:
    from chat.demo import loading as chats
    from labeling.demo.loading import is_empty, load

    if is_empty():
        print("Loading demo data …", flush=True)
        load()
    if chats.is_wanted():
        chats.load()


class AnnouncingServer(uvicorn.Server):
    """Says where it is once it really answers."""

    def __init__(self, config: uvicorn.Config, guide: Guide | None) -> None:
        super().__init__(config)
        self.guide = guide

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.announcement = asyncio.create_task(asyncio.to_thread(announce, self.config, self.guide))


def announce(config: uvicorn.Config, guide: Guide | None) -> None:
    from django.conf import settings

    if guide:
        guide.introduce()
    if not answers(address_of(config.host, config.port)):
        print("The server runs, but /readyz does not say so; its log stands above.", file=sys.stderr)
        return
    print(f"\nThe Review App is ready: {settings.SITE_URL}/\n")
    for line in sign_in_lines():
        print(line)
    print("Stop it with Ctrl+C.", flush=True)


def answers(address: str) -> bool:
    """Wait until /readyz is content; False when it is not in time."""
    for _ in range(READY_WITHIN_S * 10):
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(f"{address}/readyz"):
            return True
        time.sleep(0.1)
    return False


def sign_in_lines() -> Iterator[str]:
    """Yield a one-time link for each demo person; demo.example is nobody's real address."""
    from django.db import connection

    from accounts.models import Role, User
    from accounts.sign_in_links import sign_in_link

    people = User.objects.filter(email__endswith="@demo.example", is_active=True).order_by("created_at", "pk")
    for role, how_many in ((Role.MANAGER, 1), (Role.EXPERT, 2), (Role.DEVELOPER, 1)):
        for user in people.filter(role=role)[:how_many]:
            yield f"  {role.label:<10} {user.name}, {user.email}\n    {sign_in_link(user)}\n"
    connection.close()


if __name__ == "__main__":
    main()
