"""Assessments that belong to work in another room, which counts them, and are changed in it alone."""

from __future__ import annotations

from django.utils.functional import Promise

from traces.models import Assessment

KEPT_ELSEWHERE: dict[str, Promise | str] = {}


def keeps_own(key: str, where: Promise | str) -> None:
    """Let a room say that it keeps the assessments with this key in their metadata.

    where   a sentence for who wants to change one beside the trace
    """
    KEPT_ELSEWHERE[key] = where


def kept_elsewhere(assessment: Assessment) -> str:
    """Say in a sentence where an assessment has to be changed; empty when it is not kept elsewhere."""
    return next((str(where) for key, where in KEPT_ELSEWHERE.items() if key in assessment.metadata), "")
