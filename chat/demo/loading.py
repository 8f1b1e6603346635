"""What there is to chat with in the demo. Its endpoints are known by their ids, which are the same everywhere."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.db import transaction

from accounts.models import User
from chat.demo.talks import Past, Plan
from chat.models import Comparison, Conversation, Endpoint, EndpointQuestion
from labeling.demo.sessions import ask_all
from labeling.models import LabelSchema
from traces.models import Experiment

LOOPBACK = "http://127.0.0.1:"
NOT_STARTED = f"{LOOPBACK}9/v1"  # nothing listens there
KEYS = ("first", "second")


def id_of(key: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://demo.example/endpoints/{key}")


IDS = [id_of(key) for key in KEYS]


def is_wanted() -> bool:
    """Say whether the demo's people are here, and no endpoint yet."""
    return User.objects.filter(email=read_plan()["manager"]).exists() and not Endpoint.objects.exists()


@dataclass(frozen=True)
class Loaded:
    endpoints: list[Endpoint]
    talks: list[Conversation]
    comparison: Comparison


@transaction.atomic
def load() -> Loaded:
    """Make the demo's endpoints and talks, all or nothing; to be called only if they are wanted."""
    plan = read_plan()
    manager = User.objects.get(email=plan["manager"])
    experiment = Experiment.objects.create(name=plan["experiment"], description=plan["description"])
    schemas = {schema.name: schema for schema in ask_all(experiment, by=manager)}
    for words in plan["own_questions"]:
        schemas[words["name"]] = LabelSchema.objects.ask(experiment=experiment, by=manager, **words)
    endpoints = {entry["key"]: endpoint_of(entry, plan, experiment, manager) for entry in plan["endpoints"]}
    for endpoint in endpoints.values():
        ask(endpoint, plan, schemas)
    past = Past(endpoints, schemas)
    talks = [past.had(talk) for talk in plan["talks"]]
    return Loaded([*endpoints.values()], talks, past.compared(plan["comparison"]))


def endpoint_of(entry: Plan, plan: Plan, experiment: Experiment, manager: User) -> Endpoint:
    endpoint = Endpoint.objects.create(
        id=id_of(entry["key"]),
        name=entry["name"],
        version=entry["version"],
        protocol=Endpoint.Protocol.OPENAI_CHAT,
        url=NOT_STARTED,
        model=entry["model"],
        experiment=experiment,
        suggestions=plan["suggestions"],
        sends_traceparent=True,
        created_by=manager,
    )
    endpoint.people.set(User.objects.filter(email__in=plan["people"]))
    return endpoint


def ask(endpoint: Endpoint, plan: Plan, schemas: dict[str, LabelSchema]) -> None:
    about = EndpointQuestion.About
    entries = [(about.ANSWER, entry) for entry in plan["about_answer"]]
    entries += [(about.CONVERSATION, entry) for entry in plan["about_conversation"]]
    EndpointQuestion.objects.bulk_create(
        EndpointQuestion(
            endpoint=endpoint,
            schema=schemas[entry["name"]],
            about=what,
            position=position,
            show_if=entry.get("show_if", {}),
        )
        for position, (what, entry) in enumerate(entries, start=1)
    )


def experiment_of_guide() -> Experiment | None:
    """Return where the guide's traces go; None where the demo's endpoints are not here, or put away."""
    endpoints = Endpoint.objects.filter(pk__in=IDS, archived_at=None)
    return Experiment.objects.filter(endpoints__in=endpoints).first()


def point_to(address: str) -> None:
    """Tell the demo's endpoints where the guide listens now; one whose address somebody chose keeps it."""
    Endpoint.objects.filter(pk__in=IDS, url__startswith=LOOPBACK).update(url=f"{address}/v1")


def read_plan() -> Plan:
    plan: Plan = yaml.safe_load(Path(__file__).with_name("chats.yaml").read_text(encoding="utf-8"))
    return plan
