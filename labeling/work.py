"""What waits for a person."""

from __future__ import annotations

from accounts.models import User


def work_of(user: User) -> list[object]:
    return []
