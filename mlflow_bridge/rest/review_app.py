"""The review app of an experiment, as MLflow's `get_review_app` has it: its agents and its questions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat, Trim

from chat.access import managed_endpoints_for
from chat.models import Endpoint
from mlflow_bridge.rest.call import Call
from mlflow_bridge.rest.errors import ApiError, invalid, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.labeling_models import Agent
from mlflow_bridge.rest.review_schemas import schemas_json
from traces.models import Experiment

Said = dict[str, Any]


def get(call: Call) -> Said:
    """Answer with the review app, of which every experiment has one."""
    return {"review_app": app_json(experiment_for(call))}


@transaction.atomic
def add_agent(call: Call) -> Said:
    """Give one of the chat's endpoints a name in code."""
    experiment, name = experiment_for(call), call.text("agent_name")
    endpoint = endpoint_called(call, call.text("model_serving_endpoint"))
    agent = Agent(experiment=experiment, name=name, endpoint=endpoint)
    agent.clean_fields()
    there = experiment.agents.filter(name=name).first()
    if there is None:
        agent.save()
    elif call.flag("overwrite"):
        there.endpoint = endpoint
        there.save(update_fields=["endpoint"])
    else:
        raise ApiError("RESOURCE_ALREADY_EXISTS", f"The agent '{name:.60}' exists; overwrite=True replaces it.")
    return {"review_app": app_json(experiment)}


def remove_agent(call: Call) -> Said:
    """Forget a name; the endpoint stays, and what it answered."""
    experiment, name = experiment_for(call), call.text("agent_name")
    managers_endpoints(call)
    n, _by_model = experiment.agents.filter(name=name).delete()
    if not n:
        raise missing(f"There is no agent '{name:.60}' in this review app.")
    return {"review_app": app_json(experiment)}


def endpoint_called(call: Call, named: str) -> Endpoint:
    """Return an endpoint by its id, its name with the version, or its name alone where only one has it.

    Raises: ApiError. Addresses are entered by managers on the endpoint's page, never here.
    """
    endpoints = managers_endpoints(call).filter(archived_at=None)
    whole_name = Trim(Concat("name", Value(" "), "version"))
    one = Q(pk=as_uuid(named)) | Q(name=named) | Q(whole_name=named)
    found = list(endpoints.annotate(whole_name=whole_name).filter(one))
    exact = [each for each in found if str(each) == named] or found
    if len(exact) == 1:
        return exact[0]
    if exact:
        raise invalid(f"Several endpoints are called '{named:.60}': {', '.join(map(str, exact))}. Name one version.")
    known = ", ".join(map(str, endpoints.order_by("name", "version")[:20])) or "none"
    raise missing(f"There is no endpoint '{named:.60}' ({known}). Managers set endpoints up on the chat's pages.")


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def managers_endpoints(call: Call) -> QuerySet[Endpoint]:
    """Raises: ApiError."""
    if not call.user.runs_sessions:
        raise ApiError("PERMISSION_DENIED", "Agents are set up by managers.")
    return managed_endpoints_for(call.user)


def app_json(experiment: Experiment) -> Said:
    agents = experiment.agents.select_related("endpoint")
    return {
        "review_app_id": str(experiment.pk),
        "experiment_id": str(experiment.pk),
        "url": settings.SITE_URL,
        "agents": [{"agent_name": each.name, "model_serving_endpoint": str(each.endpoint)} for each in agents],
        "label_schemas": schemas_json(experiment),
    }
