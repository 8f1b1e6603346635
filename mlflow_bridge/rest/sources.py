"""Whose name stands under an assessment that a program writes."""

from __future__ import annotations

from accounts.models import Role, User
from traces.models import Assessment

SPEAK_FOR_OTHERS = {Role.DEVELOPER, Role.ADMIN}  # they bring in what people said elsewhere


def source_for(user: User, source_type: str, source_id: str) -> str:
    """Return the source: a person's own address, unless they may speak for others or it is no person's."""
    if source_type != Assessment.SourceType.HUMAN or (user.role in SPEAK_FOR_OTHERS and source_id):
        return source_id or "unknown"
    return user.email
