"""What end users of the demo's applications said there: as if their pages had sent it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from labeling.demo.stories import read_yaml
from traces.feedback.message import Message
from traces.feedback.models import WAITS_FOR, EndUserFeedback, PublishableKey
from traces.feedback.receiving import join
from traces.models import Experiment, Trace


def hear_all(traces: Mapping[str, Trace]) -> None:
    """Put it on the traces, by key; to be called in a transaction."""
    for told in read_yaml("end_users.yaml"):
        experiment = Experiment.objects.get(name=told["experiment"])
        key = PublishableKey.objects.create(experiment=experiment, name=told["name"], origins=[told["page"]])
        said = [heard(key, vote, traces[vote["trace"]], told["page"]) for vote in told["votes"]]
        key.n_taken, key.last_used_at = len(said), max(each.received_at for each in said)
        key.save()


def heard(key: PublishableKey, vote: Mapping[str, Any], trace: Trace, page: str) -> EndUserFeedback:
    message = Message(
        trace_id=trace.pk, thumbs=vote["thumbs"] == "up", comment=vote.get("comment", ""),
        categories=vote.get("categories", []), user_id=trace.user_id, page=page,
    )  # fmt: skip
    at = trace.request_time + timedelta(minutes=vote["after"])
    feedback = EndUserFeedback.objects.create(
        key=key, experiment_id=key.experiment_id, idempotency_key=f"demo-{vote['trace']}", trace_ref=trace.pk,
        content=message.content(), received_at=at, expires_at=at + WAITS_FOR,
    )  # fmt: skip
    join(feedback)
    return feedback
