"""Where else a trace is: on the server that it was taken over from."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from accounts.models import User
from mlflow_bridge.credentials import is_databricks
from mlflow_bridge.models import Connection
from mlflow_bridge.pulling.models import PulledTrace
from traces.models import Trace
from traces.related import Related, relates


@relates
def on_its_server(user: User, trace: Trace) -> Iterator[Related]:
    """For those who read traces: the address of a server is nothing for experts."""
    if not user.reads_traces:
        return
    found = PulledTrace.objects.select_related("connection", "remote_experiment").filter(trace=trace)
    for pulled in found.order_by("connection__name"):
        address = page_of(pulled.connection, pulled.remote_experiment.remote_id, pulled.remote_id)
        yield Related(_("In MLflow: %(name)s") % {"name": pulled.connection.name}, address)


def page_of(connection: Connection, experiment_id: str, trace_id: str = "") -> str:
    """Return the address of a trace, or of all traces of an experiment, in MLflow's own pages."""
    path = f"experiments/{quote(experiment_id, safe='')}/traces"
    query = f"?{urlencode({'selectedEvaluationId': trace_id})}" if trace_id else ""
    place = f"ml/{path}" if is_databricks(connection) else f"#/{path}"
    return f"{connection.tracking_uri}/{place}{query}"
