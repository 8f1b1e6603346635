"""MLflow's review queues are labeling sessions: one that a program makes is open at once, and any session is a queue.

Developers make queues, put traces into any, and change those that they own; managers change all. Experts see those
that they are in.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from labeling.conditions import without_broken_conditions
from labeling.library import questions_of
from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from labeling.staffing import staff
from mlflow_bridge.rest.call import Call
from mlflow_bridge.rest.errors import ApiError, invalid, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.models import ReviewQueue
from mlflow_bridge.rest.paging import page_of
from mlflow_bridge.rest.review_queue_access import (
    changeable_queue_for,
    is_users,
    named,
    queue_for,
    queue_json,
    queues_in,
)
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
        if not call.user.reads_traces and email != call.user.email:  # who else is in it is not told
            rows = rows.none()
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
    return {"review_queue": queue_json(queue_for(call), call.user)}


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
