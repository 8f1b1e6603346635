"""Whether to ask once more: only while nothing of an answer has come, and only if the endpoint says when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_TRIES = 2
MAX_WAIT_S = 10


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how long the endpoint asks to wait, in seconds."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    try:
        at = parsedate_to_datetime(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def wait_before_retry(status: int, headers: Mapping[str, str], n_tries: int) -> float | None:
    """Return how long to wait and then ask again; None if this response is what there is."""
    wait = retry_after(headers) if status in (429, 503) and n_tries < MAX_TRIES else None
    return wait if wait is not None and wait <= MAX_WAIT_S else None
