"""Traces out: one, several, and by search."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from accounts.models import User
from mlflow_bridge.rest.call import Call, as_object, developer
from mlflow_bridge.rest.errors import ApiError, invalid, missing
from mlflow_bridge.rest.span_json import span_json
from mlflow_bridge.rest.trace_json import infos_of
from reviewapp.lib.columns import Columns, among, fetch
from traces.access import get_readable_trace_for
from traces.models import Experiment, Span, Trace
from traces.search import search as search_traces
from traces.search.grammar import Clause

Said = dict[str, Any]
MOST = 500  # traces of one page, as MLflow's

# By hand, as a client asks ten times for each page that it searches: see reviewapp/lib/columns.py.
TRACE = Columns(Trace)
SPAN = Columns(Span, only=[
    "id", "trace", "span_id", "parent_id", "name", "start_time_ns", "end_time_ns", "status", "status_message", "scope",
    "attributes", "events", "logs", "links",
])  # fmt: skip
TRACES = f"SELECT {TRACE.listed} FROM traces_trace WHERE trace_id {{among}} AND deleted_at IS NULL"  # noqa: S608
SPANS = f"SELECT {SPAN.listed} FROM traces_span WHERE trace_id {{among}} ORDER BY trace_id, start_time_ns, id"  # noqa: S608


def info(call: Call) -> Said:
    return {"trace": {"trace_info": infos_of([trace_for(call)], call.user)[0]}}


def get(call: Call) -> Said:
    return {"trace": whole([trace_for(call)], call.user)[0]}


def batch_get(call: Call) -> Said:
    return {"traces": whole(readable(call), call.user)}


def batch_get_infos(call: Call) -> Said:
    return {"trace_infos": infos_of(readable(call), call.user)}


def search(call: Call) -> Said:
    """Answer with one page. Experiments that do not exist hold no traces."""
    user = developer(call)
    experiments = experiment_ids(call)
    if not experiments:
        return {}
    size = call.whole("max_results", 100, most=MOST)
    if not size:
        raise invalid("Invalid value 0 for parameter 'max_results' supplied: at least 1 is needed.")
    page = search_traces(
        call.text("filter", ""), order_in(call), size, call.text("page_token", ""),
        clauses=[within(experiments)],
    )  # fmt: skip
    said = {"traces": infos_of(page.traces, user), "next_page_token": page.next_page_token}
    return {key: value for key, value in said.items() if value}


def order_in(call: Call) -> list[str]:
    """Return what is sorted by; of equal traces the newest come first, as in MLflow."""
    given = call.texts("order_by")
    return given if not given or any("timestamp" in each for each in given) else [*given, "timestamp DESC"]


def within(experiments: list[str]) -> Clause:
    """Return the condition of being in one of the experiments; the usual one has an index."""
    if len(experiments) == 1:
        return Clause("", "experiment_id", "=", int(experiments[0]), 0, 0)
    return Clause("", "experiment_id", "IN", experiments, 0, 0)


def experiment_ids(call: Call) -> list[str]:
    """Return the ids of the experiments that the call names and that exist. Raises: ApiError without any."""
    locations = call.members("locations")
    if not locations:
        raise invalid("Missing value for required parameter 'locations'.")
    named = [str(as_object(each, "mlflow_experiment").get("experiment_id", "")) for each in locations]
    numbers = [int(each) for each in named if each.isascii() and each.isdigit() and len(each) < 19]
    return [str(each) for each in Experiment.objects.filter(pk__in=numbers).values_list("pk", flat=True)]


def trace_for(call: Call) -> Trace:
    """Return the trace that the call names, if the person may read it. Raises: ApiError."""
    return readable_trace(call.user, call.text("trace_id"))


def readable_trace(user: User, trace_id: str) -> Trace:
    """Raises: ApiError."""
    try:
        return get_readable_trace_for(user, trace_id)
    except Http404 as error:
        raise missing(f"Trace with ID '{trace_id:.60}' not found.") from error


def readable(call: Call) -> list[Trace]:
    """Return those of the traces named that the person may read, in the order named."""
    ids = list(dict.fromkeys(call.texts("trace_ids")))
    if len(ids) > MOST:
        raise invalid(f"At most {MOST} traces at once.")
    if not call.user.reads_traces:
        return [trace for each in ids if (trace := trace_or_none(call.user, each))]
    found = {trace.pk: trace for trace in map(TRACE.read, fetch(TRACES.format(among=among("traces")), traces=ids))}
    return [found[each] for each in ids if each in found]


def trace_or_none(user: User, trace_id: str) -> Trace | None:
    try:
        return get_readable_trace_for(user, trace_id)
    except Http404:
        return None


def whole(traces: list[Trace], reader: User) -> list[Said]:
    """Return traces with their spans, which experts are not shown. Queries: 2."""
    spans: dict[str, list[Said]] = {trace.pk: [] for trace in traces}
    if reader.reads_traces:
        for row in fetch(SPANS.format(among=among("traces")), traces=[*spans]):
            span = SPAN.read(row)
            spans[span.trace_id].append(span_json(span))
    infos = infos_of(traces, reader)
    return [{"trace_info": info, "spans": spans[info["trace_id"]]} for info in infos]


def changeable_trace_for(call: Call) -> Trace:
    """Return the trace for who may change it. Raises: ApiError."""
    trace = trace_for(call)
    if not call.user.reads_traces:
        raise ApiError("PERMISSION_DENIED", "Experts may read this trace, and not change it.")
    return trace
