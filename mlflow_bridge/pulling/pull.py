"""One turn: what is new, then what may have changed, then files that are still to come.

New traces are read by a cursor, never by page numbers, which a trace that comes late would shift. What comes late, and
what is judged or tagged there after it was taken, is found by looking again at the last minutes each time, and at the
last days once an hour: the information alone is asked for, and a trace is got again when its digest is another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from mlflow_bridge.fingerprints import digest_of
from mlflow_bridge.models import Connection
from mlflow_bridge.pulling.attachments import fetch_lacking
from mlflow_bridge.pulling.experiments import experiments_of
from mlflow_bridge.pulling.models import PulledTrace, RemoteExperiment
from mlflow_bridge.pulling.storing import Cursor, Whole, remote_id_of, store
from mlflow_bridge.server import Busy, MlflowServer, NotThere, Refused, Said
from mlflow_bridge.server_traces import PAGE, batch_get, search, spans_in_file

IN_FLIGHT = 4  # requests at a time: a server has about that many workers
GOT_AT_ONCE = 25  # traces of one request
STORED_AT_ONCE = 100  # traces of one transaction
SHORT_LOOK = timedelta(minutes=15)
LONG_LOOK_EVERY = timedelta(hours=1)
IN_STORE = {"", "TRACKING_STORE"}  # where spans are that a batch brings along

GoesOn = Callable[[], bool]


def pull(connection: Connection, *, goes_on: GoesOn = lambda: True) -> int:
    """Take over what there is; return how many traces came or changed. Ends early when it is not to go on.

    Whatever ends it, what was stored stays, and the next turn goes on from there. Raises: ServerError.
    """
    now = timezone.now()
    is_long = connection.look_back_due_at <= now
    short = max(SHORT_LOOK, timedelta(seconds=2 * connection.pull_every_s))
    since = now - (timedelta(days=connection.look_back_days) if is_long else short)
    n = 0
    with MlflowServer(connection) as server, ThreadPoolExecutor(IN_FLIGHT) as pool:
        turn = Turn(connection, server, pool, goes_on)
        fetch_lacking(connection, server, pool, goes_on)
        for there in experiments_of(server, connection):
            before = (there.cursor_ms, there.cursor_id)
            n += turn.take_new(there)
            if before[0]:  # else all that there is was new
                n += turn.look_back(there, since, before)
        fetch_lacking(connection, server, pool, goes_on)
    if is_long and goes_on():
        Connection.objects.filter(pk=connection.pk).update(look_back_due_at=now + LONG_LOOK_EVERY)
    return n


class Turn:
    """What one turn works with; the threads of the pool only ask the server."""

    def __init__(self, connection: Connection, server: MlflowServer, pool: ThreadPoolExecutor, goes_on: GoesOn) -> None:
        self.connection, self.server, self.pool, self.goes_on = connection, server, pool, goes_on

    def take_new(self, there: RemoteExperiment) -> int:
        """Take what stands after the cursor, and move it along with what is stored."""
        n = 0
        for infos in self.pages(there, there.cursor_ms):
            fresh = [info for info in infos if cursor_of(info) > (there.cursor_ms, there.cursor_id)]
            for some in pieces(sorted(fresh, key=cursor_of)):
                if not self.goes_on():
                    return n
                n += self.take(there, some, cursor=cursor_of(some[-1]))
        return n

    def look_back(self, there: RemoteExperiment, since: datetime, before: Cursor) -> int:
        """Take again what changed since `since`, and what came late; `before` is where this turn began."""
        n = 0
        for infos in self.pages(there, int(since.timestamp() * 1000), until=before):
            known = self.digests(infos)
            changed = [info for info in infos if known.get(remote_id_of(info)) != digest_of(info)]
            for some in pieces(changed):
                if not self.goes_on():
                    return n
                n += self.take(there, some)
        return n

    def digests(self, infos: Sequence[Said]) -> dict[str, str]:
        ids = [remote_id_of(info) for info in infos]
        pulled = PulledTrace.objects.filter(connection=self.connection, remote_id__in=ids)
        return dict(pulled.values_list("remote_id", "digest"))

    def pages(self, there: RemoteExperiment, since_ms: int, *, until: Cursor | None = None) -> Iterator[list[Said]]:
        """Yield trace infos from a time on, the oldest first. A page begins at the time at which the last one ended:

        only where a whole page is of one millisecond the server's own page token is needed.
        """
        token = ""
        while self.goes_on():
            infos, next_token = search(
                self.server, [there.remote_id], self.conditions(since_ms, until), most=PAGE, page_token=token
            )
            yield infos
            if not infos or not next_token:
                return
            last_ms, _ = cursor_of(infos[-1])
            token = next_token if last_ms <= since_ms else ""
            since_ms = max(since_ms, last_ms)

    def conditions(self, since_ms: int, until: Cursor | None) -> str:
        times = f"timestamp_ms >= {since_ms}" + (f" AND timestamp_ms <= {until[0]}" if until else "")
        return f"{times} AND {self.connection.pull_filter}" if self.connection.pull_filter else times

    def take(self, there: RemoteExperiment, infos: Sequence[Said], *, cursor: Cursor | None = None) -> int:
        """Get traces with their spans, several requests at a time, and store them."""
        asked_at = timezone.now()
        parts = [infos[begin : begin + GOT_AT_ONCE] for begin in range(0, len(infos), GOT_AT_ONCE)]
        wholes = [whole for got in self.pool.map(self.got, parts) for whole in got]
        return store(there, wholes, asked_at=asked_at, cursor=cursor)

    def got(self, infos: Sequence[Said]) -> list[Whole]:
        """Return traces whole; one that is gone meanwhile stays without spans. Touches no database."""
        in_store = [remote_id_of(info) for info in infos if where_spans_are(info) in IN_STORE]
        got, problems = self.batch(in_store)
        return [self.whole(info, got.get(remote_id_of(info)), problems) for info in infos]

    def batch(self, ids: list[str]) -> tuple[dict[str, Said], dict[str, str]]:
        """Get traces by id; those at which the server fails hold up no others: each with what it said."""
        try:
            got = batch_get(self.server, ids) if ids else []
        except Busy as error:
            if len(ids) == 1:
                return {}, {ids[0]: str(error)}
            first, second = self.batch(ids[: len(ids) // 2]), self.batch(ids[len(ids) // 2 :])
            return first[0] | second[0], first[1] | second[1]
        return {remote_id_of(each.get("trace_info") or {}): each for each in got}, {}

    def whole(self, info: Said, got: Said | None, problems: dict[str, str]) -> Whole:
        if problem := problems.get(remote_id_of(info)):
            return Whole(info, problem=problem)
        if got is not None:
            return Whole(got["trace_info"], got.get("spans") or [])
        if where_spans_are(info) in IN_STORE:
            return Whole(info)
        try:
            return Whole(info, in_file=spans_in_file(self.server, remote_id_of(info)))
        except (NotThere, Refused):
            return Whole(info)  # they may come yet


def pieces(infos: Sequence[Said]) -> Iterator[Sequence[Said]]:
    return (infos[begin : begin + STORED_AT_ONCE] for begin in range(0, len(infos), STORED_AT_ONCE))


def where_spans_are(info: Said) -> str:
    return str((info.get("tags") or {}).get("mlflow.trace.spansLocation", ""))


def cursor_of(info: Said) -> Cursor:
    """Return where a trace stands in the order. One without a readable time stands at the beginning of it."""
    try:
        at = parse_datetime(str(info.get("request_time")))
    except ValueError:
        at = None
    return (round(at.astimezone(UTC).timestamp() * 1000) if at else 0, remote_id_of(info))
