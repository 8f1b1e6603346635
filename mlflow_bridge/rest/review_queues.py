"""MLflow's review queues are labeling sessions: one that a program makes is open at once, and any session is a queue.

Developers make queues, put traces into any, and change those that they own; managers change all. Experts see those
that they are in.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from labeling.conditions import without_broken_conditions
from labeling.library import questions_of
from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from labeling.staffing import staff
from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.errors import ApiError, invalid, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.models import ReviewQueue
from mlflow_bridge.rest.paging import page_of
from traces.models import Experiment

Said = dict[str, Any]
Kind = ReviewQueue.Kind
RESERVED = "default"
MOST = 50_000  # of one page, as MLflow's
MOST_USERS = 10  # of MLflow's; a session that is set up on a page may have more
LONGEST_NAME = 250


@transaction.atomic
def create(call: Call) -> Said:
    experiment, kind = experiment_for(call), call.choice("queue_type", Kind.values)
    users, schema_ids = users_in(call), call.texts("schema_ids")
    if kind == Kind.CUSTOM:
        return {
            "review_queue": queue_json(made(call, experiment, custom_name(call), kind, users, schema_ids), call.user)
        }
    name = call.text("name").strip().lower()
    if users not in ([], [name]):
        raise invalid(
            "A user queue must have exactly one assigned user equal to its name; "
            f"got name='{name:.250}' and users={users}."
        )
    if schema_ids:
        raise invalid("A user queue asks all of the experiment's label schemas; leave schema_ids out.")
    return {"review_queue": queue_json(made(call, experiment, name, kind, [name], []), call.user)}


@transaction.atomic
def get_or_create_user(call: Call) -> Said:
    experiment, name = experiment_for(call), call.text("user").strip().lower()
    found = named(experiment, name).filter(queue__kind=Kind.USER).first()
    return {"review_queue": queue_json(found or made(call, experiment, name, Kind.USER, [name], []), call.user)}


def get(call: Call) -> Said:
    return {"review_queue": queue_json(queue_for(call), call.user)}


def get_by_name(call: Call) -> Said:
    """Answer with the newest of that name: names of sessions need not be unique."""
    name, number = call.text("name"), call.text("experiment_id")
    found = queues_in(call).filter(name__iexact=name.strip()).first()
    if found is None:
        raise missing(f"Review queue with name '{name:.60}' not found for experiment '{number:.40}'.")
    return {"review_queue": queue_json(found, call.user)}


def listing(call: Call) -> Said:
    rows = queues_in(call)
    if call.has("user"):
        email = call.text("user").strip().lower()
        rows = rows.filter(Q(people__email=email) | Q(awaited__email=email)).distinct()
    if call.has("item_id"):
        rows = rows.filter(items__trace=call.text("item_id"))
    found, token = page_of(rows, call.whole("max_results", 1000, most=MOST), call.text("page_token", ""))
    return {"review_queues": [queue_json(each, call.user) for each in found], "next_page_token": token}


@transaction.atomic
def update(call: Call) -> Said:
    """Change what is given: a list only with its flag, which may then be empty."""
    session = changeable_queue_for(call)
    if is_users(session):
        raise invalid("A user queue's name, assigned user, schemas, and owner are fixed and cannot be updated.")
    session.lock_setup()
    if call.has("new_owner"):
        session.created_by = owner_in(call)
    if call.has("name"):
        session.name = free_name(session.experiment, custom_name(call), besides=session)
    session.save(update_fields=["name", "created_by"])
    if call.flag("update_users"):
        staff(session, users_in(call))
    if call.flag("update_schema_ids"):
        if session.n_items:
            raise invalid(
                "A review queue's questions are locked once items are assigned to it. "
                "Remove the items before changing its questions."
            )
        ask(session, call.texts("schema_ids"))
    return {"review_queue": queue_json(session, call.user)}


@transaction.atomic
def delete(call: Call) -> Said:
    """Delete a queue; one in which somebody has begun is closed and hidden from clients, and its reviews stay."""
    try:
        session = changeable_queue_for(call)
    except ApiError as error:
        if error.code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
    session.lock_setup()
    session.lock_items()  # so that none is handed out meanwhile
    if session.reviews.exists():
        session.close()
        ReviewQueue.objects.update_or_create(session=session, defaults={"deleted_at": timezone.now()})
    else:
        session.delete()
    return {}


def made(
    call: Call, experiment: Experiment, name: str, kind: str, users: list[str], schema_ids: list[str]
) -> LabelingSession:
    """Return a new session, open to its people. Raises: ApiError."""
    session = LabelingSession(
        experiment=experiment, state=LabelingSession.State.OPEN, opened_at=timezone.now(), created_by=call.user
    )
    session.lock_setup()
    session.name = free_name(experiment, name)
    session.save(force_insert=True)
    ReviewQueue.objects.create(session=session, kind=kind)
    if kind == Kind.USER:
        schemas = experiment.label_schemas.filter(current__isnull=False).order_by("created_at", "pk")
        session.set_questions([QuestionSpec(schema) for schema in schemas])
    else:
        ask(session, schema_ids)
    staff(session, users)
    return session


def ask(session: LabelingSession, schema_ids: list[str]) -> None:
    """Ask these; what is asked already keeps its condition. Raises: ApiError."""
    ids = list(dict.fromkeys(each.strip() for each in schema_ids))
    known = LabelSchema.objects.filter(experiment=session.experiment, current__isnull=False).in_bulk(ids)
    if unknown := [each for each in ids if each not in known]:
        raise invalid(f"Label schema id(s) {unknown} not found for experiment '{session.experiment_id}'.")
    before = {each.schema_id: each for each in questions_of(session)}
    session.set_questions(
        without_broken_conditions(
            [
                QuestionSpec(known[each], before[each].is_required, before[each].show_if)
                if each in before
                # In MLflow a review without any answer can't be submitted.
                else QuestionSpec(known[each], is_required=len(ids) == 1)
                for each in ids
            ]
        )
    )


def custom_name(call: Call) -> str:
    """Raises: ApiError."""
    name = call.text("name").strip()
    if not name:
        raise invalid("`name` must be a non-empty string; got ''.")
    if name.lower() == RESERVED:
        raise invalid(f"`{name}` is a reserved queue name and cannot be used for a custom queue.")
    if User.objects.filter(email=name.lower()).exists():
        raise invalid(f"'{name}' is a person's address: put them into the queue, or use their user queue.")
    return name


def free_name(experiment: Experiment, name: str, *, besides: LabelingSession | None = None) -> str:
    """Return the name, if no other queue has it. Raises: ApiError."""
    if len(name) > LONGEST_NAME:
        raise invalid(f"`name` must be at most {LONGEST_NAME} characters; got {len(name)}.")
    others = named(experiment, name).exclude(pk=besides.pk) if besides else named(experiment, name)
    if others.exists():
        words = f"Review queue with name '{name}' already exists (names are case-insensitive)."
        raise ApiError("RESOURCE_ALREADY_EXISTS", words)
    return name


def users_in(call: Call) -> list[str]:
    """Return the addresses, in lower case as in MLflow. Raises: ApiError."""
    users = list(dict.fromkeys(each.strip().lower() for each in call.texts("users")))
    if any(not 0 < len(each) <= LONGEST_NAME for each in users):
        raise invalid(f"`user` must be a non-empty string of at most {LONGEST_NAME} characters.")
    if len(users) > MOST_USERS:
        raise invalid(f"A review queue can have at most {MOST_USERS} assigned users; got {len(users)}.")
    return users


def owner_in(call: Call) -> User:
    """Raises: ApiError."""
    if not call.user.runs_sessions:
        raise ApiError("PERMISSION_DENIED", "Only managers give a review queue another owner.")
    email = call.text("new_owner").strip().lower()
    owner = User.objects.filter(email=email).first()
    if owner is None:
        raise invalid(f"Nobody has the address '{email:.60}' here, so it can't own a review queue.")
    return owner


def queues() -> QuerySet[LabelingSession]:
    """Return the sessions that clients may see as queues, the newest first."""
    return (
        LabelingSession.objects.filter(queue__deleted_at=None)
        .select_related("experiment", "queue", "created_by")
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
    users = [*session.people.order_by("reviewing__added_at", "reviewing__pk").values_list("email", flat=True)]
    users += session.awaited.values_list("email", flat=True)
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
