"""Questions of an experiment there and of its room here: what taking theirs, or giving ours, would change; doing it.

A question is known by its name. What MLflow can't say stays as it is here: a title, the words at the ends of a scale.
Where a question here has a title and no instruction, the title is what MLflow shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from labeling.models import LabelSchema, LabelSchemaVersion
from labeling.models.questions import checked_input
from mlflow_bridge import server_schemas
from mlflow_bridge.fingerprints import digest_of
from mlflow_bridge.pulling.models import RemoteExperiment
from mlflow_bridge.rest.label_schemas import MOST_OPTIONS, RESERVED
from mlflow_bridge.rest.schema_inputs import merged, to_mlflow
from mlflow_bridge.server import MlflowServer

Said = dict[str, Any]

OTHER_KIND = _("asks for another kind of answer")
WORDS = {"instruction": _("instruction"), "enable_comment": _("asks why"), "input": _("possible answers")}


@dataclass(frozen=True, slots=True)
class Step:
    """What would happen to one question.

    deed      new, change, same or not (it can't be done: `why`)
    changes   what of it would change, in words
    """

    name: str
    deed: str
    why: Promise | str = ""
    changes: Sequence[Promise | str] = ()
    here: LabelSchema | None = None
    there: Said | None = None
    written: Said = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of one direction. `digest` tells whether it is still the plan that somebody was shown."""

    steps: list[Step]

    @property
    def does_something(self) -> bool:
        return any(each.deed in {"new", "change"} for each in self.steps)

    @property
    def digest(self) -> str:
        return digest_of([[each.name, each.deed, each.written] for each in self.steps])


def questions_here(there: RemoteExperiment) -> dict[str, LabelSchema]:
    schemas = LabelSchema.objects.filter(experiment=there.experiment_id, current__isnull=False)
    return {each.name: each for each in schemas.select_related("current").order_by("name")}


def plan_to_take(here: dict[str, LabelSchema], theirs: Sequence[Said]) -> Plan:
    return Plan([taking(here.get(str(each.get("name"))), each) for each in theirs])


def taking(schema: LabelSchema | None, there: Said) -> Step:
    """Return what taking one of theirs would do."""
    name = str(there.get("name", ""))[:250]
    try:
        if schema is None:
            return Step(name, "new", there=there, written=written_here(there, checked_input(there.get("input") or {})))
        words = words_of(schema)
        if schema.type.upper() != there.get("type") or not same_shape(to_mlflow(words.input), there.get("input") or {}):
            return Step(name, "not", OTHER_KIND, here=schema, there=there)
        written = written_here(there, checked_input(merged(words.input, there["input"])))
    except (ValidationError, KeyError, TypeError, ValueError, AttributeError) as error:
        why = "; ".join(error.messages) if isinstance(error, ValidationError) else _("can’t be read")
        return Step(name, "not", why, here=schema, there=there)
    if not words.instruction and written["instruction"] == words.title:
        written["instruction"] = ""
    changes = [label for key, label in WORDS.items() if written[key] != getattr(words, key)]
    return Step(name, "change" if changes else "same", changes=changes, here=schema, there=there, written=written)


def written_here(there: Said, config: Said) -> Said:
    return {
        "instruction": str(there.get("instruction") or ""),
        "enable_comment": there.get("enable_comment") is True,
        "input": config,
    }


def plan_to_give(here: dict[str, LabelSchema], theirs: Sequence[Said]) -> Plan:
    known = {str(each.get("name")): each for each in theirs}
    return Plan([giving(schema, known.get(name)) for name, schema in here.items()])


def giving(schema: LabelSchema, there: Said | None) -> Step:
    """Return what giving one of ours would do."""
    words = words_of(schema)
    written = {
        "name": schema.name, "type": schema.type.upper(), "instruction": words.instruction or told_by_title(schema),
        "enable_comment": words.enable_comment, "input": to_mlflow(words.input),
    }  # fmt: skip
    if why := why_not(written):
        return Step(schema.name, "not", why, here=schema, there=there)
    if there is None:
        return Step(schema.name, "new", here=schema, written=written)
    before = written_here(there, there.get("input") or {})
    if there.get("type") != written["type"] or not same_shape(before["input"], to_mlflow(words.input)):
        return Step(schema.name, "not", OTHER_KIND, here=schema, there=there)
    changes = [label for key, label in WORDS.items() if plain(before[key]) != plain(written[key])]
    deed = "change" if changes else "same"
    return Step(schema.name, deed, changes=changes, here=schema, there=there, written=written)


def same_shape(one: Said, other: Said) -> bool:
    """Whether the kind of input is the same, and whether it takes several: neither ever changes, there or here."""
    return one.keys() == other.keys() and all(
        bool((one[kind] or {}).get("multi_select")) == bool((other[kind] or {}).get("multi_select")) for kind in one
    )


def why_not(written: Said) -> Promise | str:
    options = (written["input"].get("categorical") or {}).get("options", [])
    if len(options) > MOST_OPTIONS:
        return _("has more options than MLflow takes, which is ten")
    return _("has a name that MLflow keeps for itself") if written["name"] == RESERVED else ""


def told_by_title(schema: LabelSchema) -> str:
    title = words_of(schema).title
    return "" if title == schema.name else title


def plain(value: Any) -> Any:
    """Return an input without what is not set, as servers leave it out."""
    if not isinstance(value, dict):
        return value
    inner = {kind: {key: each for key, each in (fields or {}).items() if each not in (None, False)}
             for kind, fields in value.items()}  # fmt: skip
    return digest_of(inner)


@transaction.atomic
def take(there: RemoteExperiment, plan: Plan, *, by: User) -> int:
    """Make and change our questions as planned; return how many. Raises: ValidationError."""
    for step in to_do(plan):
        if step.here is not None:
            step.here.revise(**step.written)
        elif step.there is not None:
            LabelSchema.objects.ask(
                experiment=there.experiment, name=step.name, title=step.name,
                type=str(step.there.get("type", "")).lower(), by=by, **step.written,
            )  # fmt: skip
    return len([*to_do(plan)])


def give(server: MlflowServer, there: RemoteExperiment, plan: Plan) -> int:
    """Make and change theirs as planned; return how many. Raises: ServerError, after which a new plan goes on."""
    for step in to_do(plan):
        if step.there is not None:
            server_schemas.update(server, str(step.there["schema_id"]), step.written)
        else:
            server_schemas.create(server, there.remote_id, step.written)
    return len([*to_do(plan)])


def to_do(plan: Plan) -> Iterator[Step]:
    return (step for step in plan.steps if step.deed in {"new", "change"})


def words_of(schema: LabelSchema) -> LabelSchemaVersion:
    if schema.current is None:
        raise ValueError("a question without words")
    return schema.current
