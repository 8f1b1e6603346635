"""From a request to the answer of a view: token → person → view → JSON, and every error in MLflow's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.token_sign_in import user_of_token
from mlflow_bridge.rest.call import Call, call_of
from mlflow_bridge.rest.errors import ApiError, as_api_errors
from traces.ingest.rows import written

View = Callable[[Call], dict[str, Any] | HttpResponse]


def serve(views: Mapping[str, View]) -> Callable[..., HttpResponse]:
    """Return Django's view of one address, given a view for each method."""

    @csrf_exempt  # programs carry a token, and never a cookie
    def answer(request: HttpRequest, **ids: str) -> HttpResponse:
        try:
            view = views.get(str(request.method))
            if view is None:
                raise not_served(request)
            user = user_of_token(request)
            if user is None:
                raise ApiError("UNAUTHENTICATED", "Set MLFLOW_TRACKING_TOKEN to an API token of the Review App.")
            with as_api_errors():
                said = view(call_of(request, user, ids))
        except ApiError as error:
            return error.response()
        return said if isinstance(said, HttpResponse) else HttpResponse(written(said), content_type="application/json")

    return answer


def not_served(request: HttpRequest) -> ApiError:
    """The client knows this code: where it can, it tries an older way, and else it shows the message."""
    return ApiError(
        "ENDPOINT_NOT_FOUND",
        f"NOT_IMPLEMENTED: the Review App does not serve {request.method} {request.path:.200}. "
        "It serves experiments, traces, assessments, label schemas, review queues, runs, logged models, scorers "
        "and evaluation datasets; not the rest of MLflow.",
    )


@csrf_exempt
def nothing_here(request: HttpRequest, **_: str) -> HttpResponse:
    return not_served(request).response()
