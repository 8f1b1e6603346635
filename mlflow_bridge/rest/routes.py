"""The table of what is served. Clients of every release use the same paths under `/api/2.0/` or `/api/3.0/`."""

from __future__ import annotations

from collections.abc import Mapping

from django.urls import URLPattern, URLResolver, include, path

from mlflow_bridge.rest import (
    artifacts,
    assessments,
    dataset_records,
    datasets,
    experiments,
    files,
    label_schemas,
    labeling_sessions,
    logged_models,
    probes,
    reading,
    review_app,
    review_queue_items,
    review_queues,
    review_schemas,
    runs,
    scorers,
    session_items,
    traces,
)
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
    # traces: what a client says about them; spans come to /v1/traces
    "traces": {POST: traces.start},
    "traces/get": {GET: reading.get},
    "traces/batchGet": {GET: reading.batch_get},
    "traces/batchGetInfos": {POST: reading.batch_get_infos},
    "traces/search": {POST: reading.search},
    "traces/delete-traces": {POST: traces.delete},
    "traces/link-to-run": {POST: traces.link_to_run},
    "traces/<str:trace_id>": {GET: reading.info},
    "traces/<str:trace_id>/tags": {PATCH: traces.set_tag, DELETE: traces.delete_tag},
    "traces/<str:trace_id>/assessments": {POST: assessments.create},
    "traces/<str:trace_id>/assessments/<str:assessment_id>": {
        GET: assessments.get,
        PATCH: assessments.update,
        DELETE: assessments.delete,
    },
    # label schemas: the questions of the library
    "label-schemas/create": {POST: label_schemas.create},
    "label-schemas/get": {GET: label_schemas.get},
    "label-schemas/get-by-name": {GET: label_schemas.get_by_name},
    "label-schemas/list": {GET: label_schemas.listing},
    "label-schemas/update": {PATCH: label_schemas.update},
    "label-schemas/delete": {DELETE: label_schemas.delete},
    # review queues: labeling sessions
    "review-queues/create": {POST: review_queues.create},
    "review-queues/get-or-create-user": {POST: review_queues.get_or_create_user},
    "review-queues/get": {GET: review_queues.get},
    "review-queues/get-by-name": {GET: review_queues.get_by_name},
    "review-queues/list": {GET: review_queues.listing},
    "review-queues/update": {POST: review_queues.update},
    "review-queues/delete": {POST: review_queues.delete},
    "review-queues/items/add": {POST: review_queue_items.add},
    "review-queues/items/list": {GET: review_queue_items.listing},
    "review-queues/items/remove": {POST: review_queue_items.remove},
    "review-queues/items/set-status": {POST: review_queue_items.set_status},
    # runs, as far as evaluations need them
    "runs/create": {POST: runs.create},
    "runs/get": {GET: runs.get},
    "runs/update": {POST: runs.update},
    "runs/search": {POST: runs.search},
    "runs/delete": {POST: runs.delete},
    "runs/restore": {POST: runs.restore},
    "runs/set-tag": {POST: runs.set_tag},
    "runs/delete-tag": {POST: runs.delete_tag},
    "runs/log-parameter": {POST: runs.log_parameter},
    "runs/log-metric": {POST: runs.log_metric},
    "runs/log-batch": {POST: runs.log_batch},
    "runs/log-inputs": {POST: runs.log_inputs},
    # judges and other scorers, kept for code that runs them
    "scorers/register": {POST: scorers.register},
    "scorers/list": {GET: scorers.listing},
    "scorers/versions": {GET: scorers.versions},
    "scorers/get": {GET: scorers.get},
    "scorers/delete": {DELETE: scorers.delete},
    "scorers/online-configs": {GET: scorers.online_configs},
    # logged models: versions of an application that traces name
    "logged-models": {POST: logged_models.create},
    "logged-models/search": {POST: logged_models.search},
    "logged-models/<str:model_id>": {
        GET: logged_models.get,
        PATCH: logged_models.finalize,
        DELETE: logged_models.delete,
    },
    "logged-models/<str:model_id>/params": {POST: logged_models.log_params},
    "logged-models/<str:model_id>/tags": {PATCH: logged_models.set_tags},
    "logged-models/<str:model_id>/tags/<path:key>": {DELETE: logged_models.delete_tag},
    # evaluation datasets
    "datasets/create": {POST: datasets.create},
    "datasets/search": {POST: datasets.search, GET: datasets.search},
    "datasets/<str:dataset_id>": {GET: datasets.get, DELETE: datasets.delete},
    "datasets/<str:dataset_id>/tags": {PATCH: datasets.set_tags},
    "datasets/<str:dataset_id>/tags/<path:key>": {DELETE: datasets.delete_tag},
    "datasets/<str:dataset_id>/add-experiments": {POST: datasets.add_experiments},
    "datasets/<str:dataset_id>/remove-experiments": {POST: datasets.remove_experiments},
    "datasets/<str:dataset_id>/experiment-ids": {GET: datasets.experiment_ids},
    "datasets/<str:dataset_id>/records": {
        GET: dataset_records.listing,
        POST: dataset_records.upsert,
        DELETE: dataset_records.delete,
    },
}

REVIEW_APP: dict[str, dict[str, View]] = {  # what packages/mlflow-reviewapp asks for
    "review-app": {GET: review_app.get},
    "agents": {POST: review_app.add_agent, DELETE: review_app.remove_agent},
    "label-schemas": {GET: review_schemas.get, POST: review_schemas.create, DELETE: review_schemas.delete},
    "labeling-sessions": {GET: labeling_sessions.listing, POST: labeling_sessions.create},
    "labeling-sessions/<str:session_id>": {
        GET: labeling_sessions.get,
        PATCH: labeling_sessions.assign,
        DELETE: labeling_sessions.delete,
    },
    "labeling-sessions/<str:session_id>/traces": {POST: session_items.add_traces},
    "labeling-sessions/<str:session_id>/dataset": {POST: session_items.add_dataset},
    "labeling-sessions/<str:session_id>/sync": {POST: session_items.sync},
}

FILES: dict[str, View] = {GET: files.get, PUT: files.put, DELETE: files.delete}
ARTIFACTS: dict[str, dict[str, View]] = {
    "artifacts": {GET: artifacts.listing},
    "artifacts/<int:experiment>/traces/<str:trace_id>/artifacts/<path:artifact>": {
        GET: artifacts.get,
        PUT: artifacts.put,
    },
    "artifacts/<int:experiment>/models/<str:model_id>/artifacts/<path:artifact>": FILES,
    "artifacts/<int:experiment>/<str:run_id>/artifacts/<path:artifact>": FILES,
}
# Clients ask for these too, and are to be told in JSON that nobody answers: the gateway, and what only a web page asks.
NOT_SERVED = ["api/2.0/", "api/3.0/", "api/4.0/", "ajax-api/", "gateway/"]


def addresses() -> list[URLPattern | URLResolver]:
    return [
        path("version", probes.version),
        path("health", probes.health),
        path("api/3.0/mlflow/server-info", probes.server_info),
        *[path(f"api/{each}/mlflow/", include(by_first_word(ROUTES))) for each in ("2.0", "3.0")],
        *[path(f"api/2.0/mlflow-artifacts/{route}", serve(views)) for route, views in ARTIFACTS.items()],
        *[path(f"api/2.0/reviewapp/{route}", serve(views)) for route, views in REVIEW_APP.items()],
        *[path(f"{each}<path:rest>", nothing_here) for each in NOT_SERVED],
    ]


def by_first_word(routes: Mapping[str, Mapping[str, View]]) -> list[URLPattern | URLResolver]:
    """Return the addresses in groups: a hundred patterns in a row take longer than many an answer."""
    groups: dict[str, list[URLPattern]] = {}
    for route, views in routes.items():
        word, slash, rest = route.partition("/")
        groups.setdefault(word + slash, []).append(path(rest, serve(views)))
    return [path(word, include(several)) for word, several in groups.items()]


urlpatterns = addresses()
