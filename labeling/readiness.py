"""What a draft still needs before it can open."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import LabelingSession
from labeling.selecting import MOST, Mode, Selection
from traces.search import FilterError


@dataclass(frozen=True)
class Gap:
    """Something that is missing: the part of the set-up page, and what to do there."""

    part: str  # name, traces, questions, people
    words: str


def gaps_of(session: LabelingSession) -> list[Gap]:
    """Return what is missing, in the order of the page; [] when the session can open."""
    gaps = []
    if not session.name.strip():
        gaps.append(Gap("name", _("Give the session a name.")))
    if words := gap_in_traces(session):
        gaps.append(Gap("traces", words))
    if not session.questions.exists():
        gaps.append(Gap("questions", _("Add a question.")))
    if words := gap_in_people(session):
        gaps.append(Gap("people", words))
    return gaps


def gap_in_traces(session: LabelingSession) -> str:
    selection = Selection.of(session)
    try:
        n = selection.size_of(session)
    except FilterError as error:
        return _("The filter cannot be understood: %(why)s") % {"why": error.message}
    if n > MOST:
        return _("More than %(most)d traces match. Narrow them down, or take a sample.") % {"most": MOST}
    if n or session.n_items:
        return ""
    if selection.mode == Mode.HAND:
        return _("Pick at least one trace.")
    return _("No trace matches. Choose other ones.")


def gap_in_people(session: LabelingSession) -> str:
    n, needed = session.reviewers.count(), session.reviews_per_item or 1
    if not n:
        return _("Add the people who are to answer.")
    if needed > n:
        words = ngettext(
            "Each item needs %(needed)d reviews, but there is only %(n)d person.",
            "Each item needs %(needed)d reviews, but there are only %(n)d people.",
            n,
        )
        return words % {"needed": needed, "n": n}
    return ""
