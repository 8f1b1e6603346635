"""JSON as people type it."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _


def strict_json(text: str) -> Any:
    """Raises: ValueError, also for what JSON has not (NaN) and what is nested too deeply."""
    try:
        return json.loads(text, parse_constant=no_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def why_of(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return _("line %(line)d, column %(column)d") % {"line": error.lineno, "column": error.colno}
    return str(error)
