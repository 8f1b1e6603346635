"""Page tokens: where the next page starts. Opaque to whoever gets one, and checked when it comes back."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from traces.search.ordering import Order, plain_key


class PageTokenError(ValueError):
    """A page token that is none, or of another search."""


@dataclass(frozen=True)
class Place:
    """A row, and whether the page stands before it."""

    key: list[Any]
    is_back: bool = False


def token_of(key: Sequence[Any], *, is_back: bool = False) -> str:
    return urlsafe_b64encode(json.dumps([int(is_back), *plain_key(key)]).encode()).decode().rstrip("=")


def place_of(token: str, order: Order) -> Place | None:
    """Raises PageTokenError."""
    if not token:
        return None
    try:
        is_back, *key = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if len(key) != len(order.terms):
            raise ValueError(token)
        if order.name == "timestamp":
            key[0] = moment_in(key[0])
        if not all(isinstance(value, (str, int, float, datetime)) for value in key):
            raise ValueError(token)
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise PageTokenError(_("Invalid page token, could not base64-decode")) from error
    return Place(key, bool(is_back))


def moment_in(text: str) -> datetime:
    """Raises ValueError; OverflowError at the edge of time."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at.astimezone(UTC)
