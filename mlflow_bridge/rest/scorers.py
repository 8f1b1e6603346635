"""Scorers that code registers: kept by name and version, so that other code can get and run them."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.errors import invalid, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.models import Scorer
from traces.models import Experiment

Said = dict[str, Any]


@transaction.atomic
def register(call: Call) -> Said:
    """Keep a scorer as the next version of its name."""
    experiment, name, serialized = experiment_for(call), call.text("name"), call.text("serialized_scorer")
    try:
        json.loads(serialized)
    except (ValueError, RecursionError) as error:
        raise invalid("`serialized_scorer` is not JSON.") from error
    Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)  # one version after the other
    latest = experiment.scorers.filter(name=name).order_by("version").last()
    scorer = Scorer(
        experiment=experiment, name=name, version=latest.version + 1 if latest else 1, serialized=serialized
    )
    if latest:
        scorer.scorer_id = latest.scorer_id
    scorer.clean_fields(exclude=["experiment"])
    scorer.save(force_insert=True)
    told = scorer_json(scorer)
    return {
        "version": told["scorer_version"],
        "scorer_id": told["scorer_id"],
        "experiment_id": str(experiment.pk),
        "name": told["scorer_name"],
        "serialized_scorer": told["serialized_scorer"],
        "creation_time": told["creation_time"],
    }


def listing(call: Call) -> Said:
    """Answer with the latest version of each, of one experiment, of several, or of all."""
    developer(call)
    scorers = Scorer.objects.all()
    if call.has("experiment_id"):
        scorers = scorers.filter(experiment=experiment_for(call))
    elif call.has("experiment_ids"):
        ids = [each for each in call.texts("experiment_ids") if each.isascii() and each.isdigit() and len(each) < 19]
        scorers = scorers.filter(experiment__in=ids)
    same = Scorer.objects.filter(experiment=OuterRef("experiment"), name=OuterRef("name")).order_by("-version")
    latest = scorers.filter(version=Subquery(same.values("version")[:1])).order_by("experiment", "name")
    return said(latest)


def versions(call: Call) -> Said:
    return said(versions_of(call))


def get(call: Call) -> Said:
    """Answer with a version, by default the latest."""
    return {"scorer": scorer_json(wanted(call, versions_of(call).order_by("-version")))}


def delete(call: Call) -> Said:
    """Delete a version, or with none named all of them."""
    if call.has("version"):
        wanted(call, versions_of(call)).delete()
    else:
        versions_of(call).delete()
    return {}


def online_configs(call: Call) -> Said:
    """Nothing is scored by the server itself."""
    developer(call)
    return {"configs": []}


def versions_of(call: Call) -> QuerySet[Scorer]:
    """Return the versions of the scorer that the call names. Raises: ApiError when there is none."""
    experiment, name = experiment_for(call), call.text("name")
    found = experiment.scorers.filter(name=name).order_by("version")
    if not found.exists():
        raise missing(f"Scorer with name '{name:.60}' not found for experiment {experiment.pk}.")
    return found


def wanted(call: Call, found: QuerySet[Scorer]) -> Scorer:
    """Return the version that the call names, or the first. Raises: ApiError."""
    if not call.has("version"):
        return found[0]
    version = call.whole("version", most=2**31 - 1)
    scorer = found.filter(version=version).first()
    if scorer is None:
        words = f"Scorer with name '{call.text('name'):.60}' and version {version} not found for experiment"
        raise missing(f"{words} {call.text('experiment_id')}.")
    return scorer


def said(scorers: QuerySet[Scorer]) -> Said:
    told = [scorer_json(each) for each in scorers]
    return {"scorers": told} if told else {}


def scorer_json(scorer: Scorer) -> Said:
    return {
        "experiment_id": scorer.experiment_id,
        "scorer_name": scorer.name,
        "scorer_version": scorer.version,
        "serialized_scorer": scorer.serialized,
        "creation_time": int(scorer.created_at.timestamp() * 1000),
        "scorer_id": scorer.scorer_id,
    }
