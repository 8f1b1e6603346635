"""One call of a client: for whom it is, and what it says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest

from accounts.models import User
from mlflow_bridge.rest.errors import ApiError, invalid
from traces.ingest.incoming import clean_json
from traces.ingest.unpacking import Readable, read_all

HINT = "See the API docs for more information about request parameters."


@dataclass(frozen=True)
class Call:
    """`said` holds the query, the JSON body and the ids of the address together; of a repeated key a list."""

    user: User
    request: HttpRequest
    said: dict[str, Any]

    def has(self, name: str) -> bool:
        return self.said.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text. Raises: ApiError for another type, and when it is missing and there is no default."""
        value = self.said.get(name)
        if value is None or value == "":
            if default is not None:
                return default
            raise invalid(f"Missing value for required parameter '{name}'. {HINT}")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise invalid(f"Invalid value {value!r:.60} for parameter '{name}' supplied. {HINT}")
        return str(value)

    def whole(self, name: str, default: int | None = None, *, most: int | None = None) -> int:
        """Return a number of at least 0. Raises: ApiError."""
        text = self.text(name, None if default is None else str(default))
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
        if number < 0 or (most is not None and number > most):
            bound = "" if most is None else f" of at most {most}"
            raise invalid(f"Invalid value {text:.60} for parameter '{name}' supplied: a whole number{bound} is needed.")
        return number

    def flag(self, name: str, *, default: bool = False) -> bool:
        return str(self.said.get(name, default)).lower() == "true"

    def choice(self, name: str, choices: Iterable[str], default: str | None = None) -> str:
        """Return one of some words, as an enum of MLflow's. Raises: ApiError."""
        word, known = self.text(name, default), list(choices)
        if word not in known:
            raise invalid(f"Invalid value {word:.60} for parameter '{name}' supplied: one of {', '.join(known)}.")
        return word

    def texts(self, name: str) -> list[str]:
        value = self.said.get(name)
        values = [] if value is None else value if isinstance(value, list) else [value]
        if not all(isinstance(each, str | int) for each in values):
            raise invalid(f"Invalid value for parameter '{name}' supplied: a list of texts is needed.")
        return [str(each) for each in values]

    def member(self, name: str) -> dict[str, Any]:
        """Return an object that has to be there. Raises: ApiError."""
        return as_object(self.said, name)

    def pairs(self, name: str) -> dict[str, str]:
        """Return `[{"key": …, "value": …}]` as a dict. Raises: ApiError."""
        return {str(each["key"]): str(each.get("value", "")) for each in self.members(name) if "key" in each}

    def members(self, name: str) -> list[dict[str, Any]]:
        values = self.said.get(name) or []
        if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
            raise invalid(f"Invalid value for parameter '{name}' supplied: a list of objects is needed.")
        return values


def as_object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name)
    if not isinstance(value, dict):
        raise invalid(f"Missing value for required parameter '{name}'. {HINT}")
    return value


def call_of(request: HttpRequest, user: User, ids: dict[str, str]) -> Call:
    """Raises: TooLarge, TooDeep."""
    query = {key: values if len(values) > 1 else values[0] for key, values in request.GET.lists()}
    return Call(user, request, {**query, **body_of(request), **ids})


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a body; {} for one that is none, which then lacks what is required, as in MLflow."""
    if request.method in {"GET", "PUT"}:  # nothing is put but files
        return {}
    body = read_all(cast(Readable, request), settings.INGEST_MAX_BYTES)
    try:
        said = clean_json(json.loads(body)) if body else {}
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def developer(call: Call) -> User:
    """Return the person, who reads traces; experts do not. Raises: ApiError."""
    if not call.user.reads_traces:
        raise ApiError("PERMISSION_DENIED", "This token's person is an expert, who sees only what they review.")
    return call.user
