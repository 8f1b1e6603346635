"""How files of traces, which this room keeps, are opened."""

from __future__ import annotations

from mlflow_bridge.rest.models import Artifact
from traces.attachments import opens, path_of


@opens
def open_file(trace_id: str, attachment_id: str) -> bytes | None:
    found = Artifact.objects.filter(trace=trace_id, path=path_of(attachment_id)).first()
    return bytes(found.content) if found else None
