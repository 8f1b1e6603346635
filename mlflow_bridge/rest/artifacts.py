"""Files of traces: attachments that spans name, and the spans as a file, which some clients send and read."""

from __future__ import annotations

import json
from typing import Any, cast

from django.conf import settings
from django.db.models.functions import Length
from django.http import HttpResponse

from mlflow_bridge.rest import files
from mlflow_bridge.rest.call import Call
from mlflow_bridge.rest.errors import invalid, missing
from mlflow_bridge.rest.models import Artifact
from mlflow_bridge.rest.reading import changeable_trace_for, readable_trace, trace_for
from traces.ingest.mlflow_json import read_trace
from traces.ingest.storing import store_spans
from traces.ingest.unpacking import Readable, read_all
from traces.models import Trace
from traces.raw import mlflow_span_json

SPANS = "traces.json"


def put(call: Call) -> HttpResponse:
    trace, path = changeable_trace_for(call), path_in(call)
    content = read_all(cast(Readable, call.request), settings.INGEST_MAX_BYTES)
    if path == SPANS:
        store_spans_of_file(trace, content)
    else:
        Artifact.objects.update_or_create(trace=trace, path=path, defaults={"content": content})
    return HttpResponse()


def get(call: Call) -> HttpResponse:
    """Answer with a file; the images of a conversation are for its experts too, its spans are not."""
    trace, path = trace_for(call), path_in(call)
    if path == SPANS and call.user.reads_traces:
        spans = [mlflow_span_json(span) for span in trace.spans.iterator()]
        return HttpResponse(json.dumps({"spans": spans}), content_type="application/octet-stream")
    found = Artifact.objects.filter(trace=trace, path=path).first()
    if found is None:
        raise missing(f"No such artifact: '{path:.60}'")
    return HttpResponse(bytes(found.content), content_type="application/octet-stream")


def listing(call: Call) -> dict[str, Any]:
    """List a folder of the files of a trace, a run or a model.

    The path is `<experiment>/[traces/|models/]<id>/artifacts[/<folder>]`.
    """
    place, _, folder = call.text("path").strip("/").partition("/artifacts")
    _experiment, _, place = place.partition("/")
    kind, _, name = place.rpartition("/")
    if kind != "traces":
        return files.listing(call, place, folder.strip("/"))
    trace = readable_trace(call.user, name)
    folder = f"{folder.strip('/')}/" if folder else ""
    found = Artifact.objects.filter(trace=trace).order_by("path").values_list("path", Length("content"))
    return {
        "files": [
            {"path": path.removeprefix(folder), "is_dir": False, "file_size": size}
            for path, size in found
            if path.startswith(folder)
        ]
    }


def path_in(call: Call) -> str:
    path = call.text("artifact")
    if len(path) > 250 or ".." in path.split("/"):
        raise invalid("Invalid artifact path.")
    return path


def store_spans_of_file(trace: Trace, content: bytes) -> None:
    """Store spans that came as a file; those that came over OTLP already stay as they are. Raises: ApiError."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise invalid(f"{SPANS} is not JSON.") from error
    info = {"trace_id": trace.pk, "request_time": trace.request_time.isoformat()}
    known = set(trace.spans.values_list("span_id", flat=True))
    spans = read_trace({"info": info, "data": data}).spans
    store_spans(trace.experiment, [span for span in spans if span.span_id not in known])
