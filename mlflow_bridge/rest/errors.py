"""What a client of MLflow is told when something is wrong: a code, by which it decides, and words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError
from django.http import Http404, JsonResponse

from traces.assessing import AssessingError
from traces.ingest.incoming import TooDeep
from traces.ingest.otlp import BadBody
from traces.ingest.unpacking import TooLarge
from traces.search import FilterError, PageTokenError

STATUS = {
    "INVALID_PARAMETER_VALUE": 400, "RESOURCE_ALREADY_EXISTS": 400, "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403,
    "RESOURCE_DOES_NOT_EXIST": 404, "ENDPOINT_NOT_FOUND": 404, "RESOURCE_CONFLICT": 409, "TEMPORARILY_UNAVAILABLE": 503,
}  # fmt: skip
BAD = (AssessingError, BadBody, FilterError, PageTokenError, TooDeep, TooLarge)


class ApiError(Exception):
    """Why a call can't be done. `code` is one of MLflow's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def response(self) -> JsonResponse:
        response = JsonResponse({"error_code": self.code, "message": str(self)}, status=STATUS[self.code])
        if self.code == "UNAUTHENTICATED":
            response["WWW-Authenticate"] = "Bearer"
        return response


def invalid(message: str) -> ApiError:
    return ApiError("INVALID_PARAMETER_VALUE", message)


def conflict(message: str) -> ApiError:
    return ApiError("RESOURCE_CONFLICT", message)


def missing(message: str) -> ApiError:
    return ApiError("RESOURCE_DOES_NOT_EXIST", message)


@contextmanager
def as_api_errors() -> Iterator[None]:
    """Within it, what the rooms raise becomes an ApiError."""
    try:
        yield
    except BAD as problem:
        raise invalid(str(problem)) from problem
    except ValidationError as problem:
        raise invalid(in_words(problem)) from problem
    except PermissionDenied as problem:
        raise ApiError("PERMISSION_DENIED", str(problem) or "This token's person may not do this.") from problem
    except Http404 as problem:
        raise missing(str(problem) or "It does not exist, or this token's person may not see it.") from problem
    except OperationalError as problem:  # the client waits and tries again
        raise ApiError("TEMPORARILY_UNAVAILABLE", "The database is busy. Nothing was stored.") from problem


def in_words(problem: ValidationError) -> str:
    if not hasattr(problem, "error_dict"):
        return " ".join(problem.messages)
    return " ".join(f"{name}: {' '.join(said)}" for name, said in problem.message_dict.items())
