"""The table of what is served. Clients of every release use the same paths under `/api/2.0/` or `/api/3.0/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from mlflow_bridge.rest import experiments, probes
from mlflow_bridge.rest.answering import View, nothing_here, serve

GET, POST, PATCH, DELETE, PUT = "GET", "POST", "PATCH", "DELETE", "PUT"

ROUTES: dict[str, dict[str, View]] = {
    # experiments
    "experiments/create": {POST: experiments.create},
    "experiments/get": {GET: experiments.get},
    "experiments/get-by-name": {GET: experiments.get_by_name},
    "experiments/search": {POST: experiments.search, GET: experiments.search},
    "experiments/update": {POST: experiments.update},
    "experiments/delete": {POST: experiments.delete},
    "experiments/restore": {POST: experiments.restore},
    "experiments/set-experiment-tag": {POST: experiments.set_tag},
    "experiments/delete-experiment-tag": {POST: experiments.delete_tag},
}


def addresses() -> list[URLPattern]:
    served = [(route, serve(views)) for route, views in ROUTES.items()]
    both = [path(f"api/{each}/mlflow/{route}", view) for each in ("2.0", "3.0") for route, view in served]
    return [
        path("version", probes.version),
        path("health", probes.health),
        path("api/3.0/mlflow/server-info", probes.server_info),
        *both,
        path("api/2.0/<path:rest>", nothing_here),
        path("api/3.0/<path:rest>", nothing_here),
    ]


urlpatterns = addresses()
