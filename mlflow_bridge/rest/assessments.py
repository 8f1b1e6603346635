"""Assessments: what is said about a trace or a span, corrected, overridden and taken away."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import User
from mlflow_bridge.rest.call import Call, as_object
from mlflow_bridge.rest.errors import ApiError, invalid, missing
from mlflow_bridge.rest.reading import trace_for
from mlflow_bridge.rest.sources import source_for
from mlflow_bridge.rest.trace_json import assessment_json, assessments_for
from traces import assessing
from traces.elsewhere import kept_elsewhere
from traces.models import Assessment
from traces.redaction.door import masked_words

Said = dict[str, Any]
KINDS = {"feedback": "Feedback", "expectation": "Expectation"}
WORDS = {"value", "error", "rationale", "metadata"}  # what the experiment's rules mask
OWN_ID = re.compile(r"a-[0-9a-zA-Z-]{1,48}")


def create(call: Call) -> Said:
    trace, told = trace_for(call), call.member("assessment")
    kind = kind_of(told)
    overrides = changeable(call, str(told["overrides"])) if told.get("overrides") else None
    fields = {**source_of(call.user, told), **given_id(told), "created_at": moment_of(call.user, told)}
    words = {
        "rationale": str(told.get("rationale") or ""),
        "metadata": as_object(told, "metadata") if told.get("metadata") else {},
        **content_of(told[kind]),
    }
    try:
        said = assessing.log(
            trace, overrides=overrides, kind=kind, name=str(told.get("assessment_name") or kind),
            span_id=str(told.get("span_id") or ""), **masked_words(trace.experiment, words), **fields,
        )  # fmt: skip
    except IntegrityError as error:
        raise ApiError("RESOURCE_ALREADY_EXISTS", "An assessment with this id exists already.") from error
    return {"assessment": assessment_json(said)}


def get(call: Call) -> Said:
    return {"assessment": assessment_json(visible(call, call.text("assessment_id")))}


def update(call: Call) -> Said:
    """Correct what `update_mask` names, in place. The source, the span and the kind never change."""
    said, told = changeable(call, call.text("assessment_id")), call.member("assessment")
    named = {snake_case(each) for each in call.text("update_mask", "").split(",")}
    changes: Said = {}
    for kind in named & KINDS.keys():
        if kind != said.kind:
            raise invalid(f"Cannot update {kind} value on an {KINDS[said.kind]} assessment.")
        changes |= content_of(as_object(told, kind))
    if "assessment_name" in named and told.get("assessment_name"):
        changes["name"] = str(told["assessment_name"])
    if "rationale" in named:
        changes["rationale"] = str(told.get("rationale") or "")
    if "metadata" in named:
        changes["metadata"] = told.get("metadata") or {}
    changes |= masked_words(said.trace.experiment, {name: changes[name] for name in WORDS & changes.keys()})
    return {"assessment": assessment_json(assessing.update(said, **changes))}


def delete(call: Call) -> Said:
    """Take it away; one that is not there is away already, as in MLflow."""
    try:
        said = changeable(call, call.text("assessment_id"))
    except ApiError as error:
        if error.code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
    assessing.delete(said, by=call.user)
    return {}


def visible(call: Call, assessment_id: str) -> Assessment:
    """Return an assessment of the call's trace that the person may see. Raises: ApiError."""
    trace = trace_for(call)
    found = next((each for each in assessments_for(call.user, [trace.pk]) if each.pk == assessment_id), None)
    if found is None:
        raise missing(f"Assessment with ID '{assessment_id:.60}' not found for trace '{trace.pk}'")
    return found


def changeable(call: Call, assessment_id: str) -> Assessment:
    """Return an assessment that the person may change. Raises: ApiError; PermissionDenied for a session's answer."""
    said = visible(call, assessment_id)
    if where := kept_elsewhere(said):
        raise PermissionDenied(f"It is changed where it was said: {where}")
    return said


def kind_of(told: Said) -> str:
    kind = next((each for each in KINDS if isinstance(told.get(each), dict)), None)
    if kind is None:
        raise invalid("Unknown assessment type: None")
    return kind


def content_of(told: Said) -> Said:
    """Return value and error; lists and objects of expectations come as JSON in a string. Raises: ApiError."""
    serialized = told.get("serialized_value")
    if not serialized:
        return {"value": told.get("value"), "error": told.get("error")}
    try:
        return {"value": json.loads(as_object(told, "serialized_value")["value"]), "error": None}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise invalid("serialized_value.value is not JSON.") from error


def source_of(user: User, told: Said) -> Said:
    """Return who says it. Experts say things themselves. Raises: ApiError."""
    source = as_object(told, "source") if told.get("source") else {}
    kind = str(source.get("source_type") or "CODE")
    kind = "LLM_JUDGE" if kind == "AI_JUDGE" else kind if kind in Assessment.SourceType.values else "CODE"
    if kind != Assessment.SourceType.HUMAN and not user.reads_traces:
        raise ApiError("PERMISSION_DENIED", "Experts say things as HUMAN: source=AssessmentSource('HUMAN', …).")
    return {"source_type": kind, "source_id": source_for(user, kind, str(source.get("source_id") or ""))}


def given_id(told: Said) -> Said:
    given = str(told.get("assessment_id") or "")
    return {"assessment_id": given} if OWN_ID.fullmatch(given) else {}


def moment_of(user: User, told: Said) -> datetime:
    """Return when it was said: programs bring in what was said before, experts say it now. Raises: ApiError."""
    if not told.get("create_time") or not user.reads_traces:
        return timezone.now()
    try:
        at = parse_datetime(str(told["create_time"]))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise invalid(f"create_time {told['create_time']!r:.60} is not a time with its zone.")
    return at


def snake_case(name: str) -> str:
    """Of a mask's path, which proto3-JSON writes in camelCase."""
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name.strip())
