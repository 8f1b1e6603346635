"""Short ways to let the cast judge items, as the review page does."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from labeling import claiming, recording
from labeling.models import LabelingSession, Review


def judge(session: LabelingSession, user: User, *, active_s: int = 30, why: str = "", **values: Any) -> Review:
    """Let the person finish their next item, with `values` by question name; `why`, with a quote, goes to the first."""
    review = claiming.next_review(session, user)
    assert review is not None, f"nothing left for {user}"
    recording.complete(review, answers(session, values, why), active_s=active_s)
    return review


def answers(session: LabelingSession, values: dict[str, Any], why: str = "") -> list[recording.GivenAnswer]:
    questions = {q.schema.name: q for q in session.questions.select_related("schema__current")}
    quote = {"span_id": "s1", "field": "outputs", "start": 0, "end": 5, "quote": "cover"}
    return [
        recording.GivenAnswer(
            questions[name], questions[name].schema.current, value, rationale="" if n else why,
            evidence=[] if n or not why else [quote],
        )
        for n, (name, value) in enumerate(values.items())
    ]  # fmt: skip


def put_aside(session: LabelingSession, user: User, *, reason: str = "unclear", note: str = "") -> Review:
    """Let the person decline their next item."""
    review = claiming.next_review(session, user)
    assert review is not None, f"nothing left for {user}"
    recording.decline(review, reason=reason, note=note)
    return review
