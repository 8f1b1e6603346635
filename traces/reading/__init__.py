"""A trace as a person reads it."""

from __future__ import annotations

from traces.reading.building import conversation_of

__all__ = ["conversation_of"]
