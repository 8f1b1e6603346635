"""A point in time as a filter writes it: epoch milliseconds, a date, or "7 days ago"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime

AGO = re.compile(r"(\d{1,5})\s+(minute|hour|day|week)s?\s+ago", re.IGNORECASE)


def moment(value: str | int | float) -> datetime:
    """Return the aware time that `value` names; raises ValueError when it names none."""
    if not isinstance(value, str):
        return moment_of_ms(value)
    text = value.strip()
    if match := AGO.fullmatch(text):
        return timezone.now() - timedelta(**{f"{match[2].lower()}s": int(match[1])})
    if text.isdecimal():
        return moment_of_ms(int(text))
    # A bare date is the start of that day where the server is.
    parsed = parse_datetime(f"{text}T00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text)
    if parsed is None:
        raise ValueError(value)
    return timezone.make_aware(parsed) if timezone.is_naive(parsed) else parsed


def moment_of_ms(value: float) -> datetime:
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, OSError) as exc:
        raise ValueError(value) from exc
