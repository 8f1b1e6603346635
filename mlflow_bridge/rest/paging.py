"""Pages of short lists: a token is base64 of `{"offset": n}`, as MLflow's."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TypeVar

from django.db.models import Model, QuerySet

from mlflow_bridge.rest.errors import invalid

M = TypeVar("M", bound=Model)


def page_of(rows: QuerySet[M], size: int, token: str) -> tuple[list[M], str]:
    """Return some rows and the token of the next page, empty at the end. Raises: ApiError."""
    begin = offset_in(token)
    found = list(rows[begin : begin + size + 1])
    return found[:size], token_of(begin + size) if len(found) > size else ""


def token_of(offset: int) -> str:
    return b64encode(json.dumps({"offset": offset}).encode()).decode()


def offset_in(token: str) -> int:
    try:
        offset = json.loads(b64decode(token, validate=True))["offset"] if token else 0
    except (ValueError, KeyError, TypeError):
        offset = None
    if not isinstance(offset, int) or not 0 <= offset < 2**31:
        raise invalid("Invalid page token, could not base64-decode")
    return offset
