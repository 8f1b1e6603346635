"""A session as a review queue: who finds it and may change it, and how it is written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from labeling.models import LabelingSession
from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.errors import ApiError, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.models import ReviewQueue
from traces.models import Experiment

Said = dict[str, Any]
Kind = ReviewQueue.Kind


def queues() -> QuerySet[LabelingSession]:
    """Return the sessions that clients may see as queues, the newest first."""
    return (
        LabelingSession.objects.filter(queue__deleted_at=None)
        .select_related("experiment", "queue", "created_by")
        .prefetch_related("reviewers__user", "awaited", "questions")
        .order_by("-created_at", "pk")
    )


def queues_in(call: Call) -> QuerySet[LabelingSession]:
    """Return those of the experiment that the call names. Raises: ApiError."""
    if call.user.reads_traces:
        return visible(call.user).filter(experiment=experiment_for(call))
    number = call.text("experiment_id")
    return visible(call.user).filter(experiment=int(number) if number.isdecimal() and len(number) < 19 else -1)


def named(experiment: Experiment, name: str) -> QuerySet[LabelingSession]:
    return queues().filter(experiment=experiment, name__iexact=name)


def visible(user: User) -> QuerySet[LabelingSession]:
    """Return the queues that the person may see: experts those that they are in, as on their home page."""
    if user.reads_traces:
        return queues()
    return queues().filter(reviewers__user=user).exclude(state=LabelingSession.State.DRAFT)


def queue_for(call: Call) -> LabelingSession:
    """Return the session that the call names, if the person may see it. Raises: ApiError."""
    queue_id = call.text("queue_id")
    try:
        found = visible(call.user).filter(pk=UUID(queue_id.removeprefix("rq-"))).first()
    except ValueError:
        found = None
    if found is None:
        raise missing(f"Review queue with id '{queue_id:.60}' not found.")
    return found


def changeable_queue_for(call: Call) -> LabelingSession:
    """Raises: ApiError."""
    developer(call)
    session = queue_for(call)
    if not call.user.runs_sessions and session.created_by != call.user:
        raise ApiError("PERMISSION_DENIED", "Developers change the review queues that they own; managers change all.")
    return session


def is_users(session: LabelingSession) -> bool:
    return hasattr(session, "queue") and session.queue.kind == Kind.USER


def queue_id_of(session: LabelingSession) -> str:
    return f"rq-{session.pk.hex}"


def queue_json(session: LabelingSession, reader: User) -> Said:
    """Return a queue; to experts without the others in it. A user queue names no schemas: it asks them all."""
    users = [each.user.email for each in session.reviewers.all()] + [each.email for each in session.awaited.all()]
    owner = session.created_by.email if session.created_by else ""
    changed_at = max(filter(None, [session.created_at, session.opened_at, session.closed_at]))
    said = {
        "queue_id": queue_id_of(session),
        "experiment_id": str(session.experiment_id),
        "name": session.name,
        "queue_type": Kind.USER.value if is_users(session) else Kind.CUSTOM.value,
        "created_by": session.name if is_users(session) else owner,
        "creation_time_ms": int(session.created_at.timestamp() * 1000),
        "last_update_time_ms": int(changed_at.timestamp() * 1000),
        "users": users if reader.reads_traces else [reader.email],
        "schema_ids": [] if is_users(session) else [each.schema_id for each in session.questions.all()],
    }
    return {key: value for key, value in said.items() if value not in ("", [])}
