"""Labeling sessions as MLflow's `mlflow.genai.labeling` has them. What goes into them is in `session_items`.

Managers make and change them, developers those that they made themselves; experts see the ones they are in.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from labeling.access import get_exported_session_for, get_session_for
from labeling.builtin import built_in
from labeling.library import built_in_for
from labeling.models import LabelingSession, LabelSchema, QuestionSpec, Reviewer
from mlflow_bridge.rest.call import Call, as_object, developer
from mlflow_bridge.rest.errors import ApiError, invalid, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.labeling_models import Agent, CodedSession
from mlflow_bridge.rest.paging import page_of
from traces.models import Experiment

Said = dict[str, Any]
MOST = 1000


@transaction.atomic
def create(call: Call) -> Said:
    experiment, user = experiment_for(call), developer(call)
    session = LabelingSession(experiment=experiment, name=call.text("name"), created_by=user)
    session.clean_fields()
    session.save()
    CodedSession.objects.create(
        session=session,
        agent=agent_in(call, experiment),
        enable_multi_turn_chat=call.flag("enable_multi_turn_chat"),
        custom_inputs=as_object(call.said, "custom_inputs") if call.has("custom_inputs") else None,
    )
    names = call.texts("label_schemas")
    session.set_questions([QuestionSpec(each) for each in questions_called(names, experiment, by=user)])
    seat(call, session)
    return changed(call, session)


def get(call: Call) -> Said:
    """Answer with a session, by its own id or the id of its run."""
    session = visible(call)
    return {"labeling_session": session_json(found(session.pk), call.user)}


def listing(call: Call) -> Said:
    """Answer with a page of an experiment's sessions, the newest first."""
    experiment_id = call.whole("experiment_id", most=2**62)
    rows = sessions().filter(experiment=experiment_id).order_by("-created_at", "pk")
    if not call.user.reads_traces:
        mine = Reviewer.objects.filter(session=OuterRef("pk"), user=call.user)
        rows = rows.filter(Exists(mine)).exclude(state=LabelingSession.State.DRAFT)
    some, token = page_of(rows, call.whole("max_results", 100, most=MOST), call.text("page_token", ""))
    said = {"labeling_sessions": [session_json(each, call.user) for each in some], "next_page_token": token}
    return {key: value for key, value in said.items() if value}


@transaction.atomic
def assign(call: Call) -> Said:
    """Let these people review, and no others."""
    session = changeable(call)
    seat(call, session)
    return changed(call, session)


@transaction.atomic
def delete(call: Call) -> Said:
    """Delete a session; one in which somebody has begun is closed and hidden from code, and its reviews stay."""
    session = changeable(call)
    session.lock_setup()
    session.lock_items()  # so that none is handed out meanwhile
    if session.reviews.exists():
        session.close()
        CodedSession.objects.update_or_create(session=session, defaults={"deleted_at": timezone.now()})
    else:
        session.delete()
    return {}


def seat(call: Call, session: LabelingSession) -> None:
    """Put the people named into the session; a manager may name who is not here yet. Raises: ApiError."""
    emails = list(dict.fromkeys(each.strip().lower() for each in call.texts("assigned_users")))
    people = {user.email: user for user in User.objects.filter(email__in=emails)}
    for email in emails:
        if email not in people:
            people[email] = invited(email, by=call.user)
    session.set_reviewers([people[email] for email in emails])
    coded = CodedSession.objects.select_related("agent__endpoint").filter(session=session).first()
    if coded and coded.agent and coded.enable_multi_turn_chat:
        coded.agent.endpoint.people.add(*people.values())


def invited(email: str, *, by: User) -> User:
    """Make an expert, who then comes in by a link of a manager's. Raises: ApiError."""
    if not by.runs_sessions:
        raise invalid(f"Nobody here has the address {email:.100}. A manager makes people, or assigns them.")
    try:
        validate_email(email)
    except ValidationError as error:
        raise invalid(f"'{email:.100}' is no e-mail address: people are assigned by theirs.") from error
    return User.objects.create_user(email)


def agent_in(call: Call, experiment: Experiment) -> Agent | None:
    """Return the agent that the call names; managers decide who talks to what. Raises: ApiError."""
    name = call.text("agent", "")
    if not name:
        return None
    if not call.user.runs_sessions:
        raise ApiError("PERMISSION_DENIED", "Sessions with an agent are set up by managers.")
    agent = experiment.agents.filter(name=name).first()
    if agent is None:
        known = ", ".join(experiment.agents.values_list("name", flat=True)) or "none"
        raise missing(f"There is no agent '{name:.60}' ({known}). Add it: get_review_app().add_agent(…).")
    return agent


def questions_called(names: list[str], experiment: Experiment, *, by: User) -> list[LabelSchema]:
    """Return the experiment's questions of these names; a built-in one is made if missing. Raises: ApiError."""
    there = {schema.name: schema for schema in experiment.label_schemas.filter(name__in=names)}
    unknown = [name for name in names if name not in there and name not in built_in()]
    if unknown:
        raise missing(f"Label schema with name '{unknown[0]:.60}' not found for experiment '{experiment.pk}'.")
    return [there.get(name) or built_in_for(experiment, name, by=by) for name in dict.fromkeys(names)]


def changed(call: Call, session: LabelingSession) -> Said:
    """Open a session that code made, if it has all that it needs; return it, and in words what it needs still."""
    needs: list[str] = []
    if session.state == LabelingSession.State.DRAFT and CodedSession.objects.filter(session=session).exists():
        try:
            session.open(traces_come=session.batches.exists())
        except ValidationError as error:
            needs = error.messages
    return {"labeling_session": session_json(found(session.pk), call.user), "needs": needs}


def visible(call: Call) -> LabelingSession:
    """Return the session that the call names. Raises: ApiError, Http404."""
    named = call.text("session_id")
    try:
        session_id = UUID(named)
    except ValueError as error:
        raise missing(f"Labeling session '{named:.60}' not found.") from error
    look_up = get_exported_session_for if call.user.reads_traces else get_session_for
    session = look_up(call.user, session_id)
    if not sessions().filter(pk=session.pk).exists():
        raise missing(f"Labeling session '{named:.60}' was deleted.")
    return session


def changeable(call: Call) -> LabelingSession:
    """Return the session, for who may change it. Raises: ApiError, Http404."""
    session = visible(call)
    made_it = call.user.reads_traces and session.created_by_id == call.user.pk
    if not made_it and not call.user.runs_sessions:
        raise ApiError("PERMISSION_DENIED", "A session is changed by who made it, or by managers.")
    return session


def sessions() -> QuerySet[LabelingSession]:
    """Return the sessions that code sees."""
    rows = LabelingSession.objects.select_related("coded__agent").filter(coded__deleted_at=None)
    return rows.prefetch_related("questions__schema", "reviewers__user")


def found(session_id: UUID) -> LabelingSession:
    return sessions().get(pk=session_id)


def session_json(session: LabelingSession, reader: User) -> Said:
    """Write a session of `sessions()`; experts are not told who else is in it."""
    people = [each.user.email for each in session.reviewers.all()]
    coded: CodedSession | None = getattr(session, "coded", None)
    return {
        "labeling_session_id": str(session.pk),
        "mlflow_run_id": session.pk.hex,
        "review_app_id": str(session.experiment_id),
        "experiment_id": str(session.experiment_id),
        "name": session.name,
        "state": session.state,
        "url": settings.SITE_URL + reverse("labeling:review", args=[session.pk]),
        "assigned_users": people if reader.reads_traces else [reader.email],
        "label_schemas": [each.schema.name for each in session.questions.all()],
        "agent": coded.agent.name if coded and coded.agent else None,
        "enable_multi_turn_chat": bool(coded and coded.enable_multi_turn_chat),
        "custom_inputs": coded.custom_inputs if coded else None,
    }
