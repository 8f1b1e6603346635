"""Files that spans name, `mlflow-attachment://<id>?content_type=…&trace_id=…`, fetched and kept with their trace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings

from mlflow_bridge.models import Connection
from mlflow_bridge.pulling.models import PulledTrace
from mlflow_bridge.rest.models import Artifact
from mlflow_bridge.server import MlflowServer, ServerError, Unreachable
from mlflow_bridge.server_traces import attachment
from traces.attachments import path_of
from traces.ingest.incoming import IncomingSpan

NAMED = re.compile(r"mlflow-attachment://([0-9A-Za-z-]{8,64})\?([^\s\"'<>]*)")
AT_ONCE = 4  # requests in flight
BATCH = 100  # traces
MOST_ATTEMPTS = 5


def named_in(spans: Iterable[IncomingSpan], remote_id: str) -> set[str]:
    """Return the ids of files that spans name as their own trace's."""
    return {
        attachment_id
        for span in spans
        for text in texts_in([span.attributes, span.events])
        for attachment_id, query in NAMED.findall(text)
        if f"trace_id={remote_id}" in query
    }


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if "mlflow-attachment://" in value:
            yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)


def still_lacking(pulled: PulledTrace, named: set[str], location: str, kept: set[str]) -> dict[str, Any] | None:
    """Return what `lacks` is to be: what is named and not kept yet."""
    before = pulled.lacks or {}
    lacks = {
        each: before.get(each) or {"location": location, "attempts": 0} for each in named if path_of(each) not in kept
    }
    return lacks or None


def fetch_lacking(
    connection: Connection, server: MlflowServer, pool: ThreadPoolExecutor, goes_on: Callable[[], bool]
) -> int:
    """Fetch files of traces that lack some; return how many came. Raises: Unreachable.

    A file is kept once it is whole; what breaks off is fetched the next time. One that never comes is given up.
    """
    n = 0
    after = 0
    while goes_on():
        lacking = connection.pulled_traces.filter(lacks__isnull=False, trace__isnull=False, pk__gt=after)
        rows = list(lacking.order_by("pk")[:BATCH])
        if not rows:
            break
        after = rows[-1].pk
        for pulled, got in zip(rows, pool.map(lambda row: fetched(server, row), rows), strict=True):
            n += keep(pulled, got)
    return n


def fetched(server: MlflowServer, pulled: PulledTrace) -> dict[str, bytes | str]:
    """Return the content of each file, or why it did not come. Touches no database. Raises: Unreachable."""
    got: dict[str, bytes | str] = {}
    for attachment_id, how in (pulled.lacks or {}).items():
        try:
            content = attachment(server, pulled.remote_id, how.get("location", ""), attachment_id)
        except Unreachable:
            raise
        except ServerError as error:
            got[attachment_id] = str(error)
        else:
            too_large = len(content) > settings.INGEST_MAX_BYTES
            got[attachment_id] = "The file is larger than this server takes." if too_large else content
    return got


def keep(pulled: PulledTrace, got: dict[str, bytes | str]) -> int:
    lacks = dict(pulled.lacks or {})
    n = 0
    for attachment_id, content in got.items():
        if isinstance(content, bytes):
            Artifact.objects.update_or_create(
                trace_id=pulled.trace_id, path=path_of(attachment_id), defaults={"content": content}
            )
            del lacks[attachment_id]
            n += 1
            continue
        how = lacks[attachment_id]
        how["attempts"] = how.get("attempts", 0) + 1
        if how["attempts"] >= MOST_ATTEMPTS:
            del lacks[attachment_id]
            pulled.error = f"A file did not come: {content}"[:1000]
    pulled.lacks = lacks or None
    pulled.save(update_fields=["lacks", "error"])
    return n
