"""`manage.py serve_otlp_grpc [ADDRESS]`: traces and log records over gRPC, beside the web server."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from traces.ingest.otlp_grpc import make_server

GRACE_S = 10  # for requests that are being stored when the server is told to stop


class Command(BaseCommand):
    help = (
        "Take OpenTelemetry traces and log records over gRPC. TLS is for a proxy in front of it, as for the web server."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", nargs="?", default="127.0.0.1:4317", help="default: 127.0.0.1:4317")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        try:
            server, port = make_server(address)
        except RuntimeError as problem:  # gRPC's for an address that is taken or makes no sense
            raise CommandError(f"Can't listen at {address}: {problem}") from problem
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: server.stop(GRACE_S))
        server.start()
        self.stdout.write(f"OTLP over gRPC at {address.rpartition(':')[0]}:{port}")
        server.wait_for_termination()
