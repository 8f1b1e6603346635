"""Label schemas as review apps have them: by name, with a title, with every kind of answer, and replaceable."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from labeling.builtin import built_in
from labeling.inputs import InvalidInput, input_of
from labeling.models import LabelSchema
from mlflow_bridge.rest.call import Call
from mlflow_bridge.rest.errors import invalid, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.label_schemas import manager, remove, schema_json, schemas, taken, words_of
from mlflow_bridge.rest.schema_inputs import to_mlflow
from traces.models import Assessment, Experiment

Said = dict[str, Any]


@transaction.atomic
def create(call: Call) -> Said:
    """Make a question. With `overwrite` one of this name gets these words, as a new version of it."""
    experiment, name = experiment_for(call), call.text("name")
    manager(call)
    there = schemas().filter(experiment=experiment, name=name).first()
    if there is not None and not call.flag("overwrite"):
        raise taken(experiment, name)
    if there is not None and is_of_another_kind(there, call):
        remove(there)  # refused where it was asked: what was answered keeps its question
        there = None
    if there is None:
        return {"label_schema": full_json(made(call, experiment, name))}
    there.revise(**words_in(call))
    return {"label_schema": full_json(schemas().get(pk=there.pk))}


def get(call: Call) -> Said:
    experiment, name = experiment_for(call), call.text("name")
    found = next((each for each in schemas_json(experiment) if each["name"] == name), None)
    if found is None:
        raise missing(f"Label schema with name '{name:.60}' not found for experiment '{experiment.pk}'.")
    return {"label_schema": found}


@transaction.atomic
def delete(call: Call) -> Said:
    experiment, name = experiment_for(call), call.text("name")
    manager(call)
    schema = schemas().filter(experiment=experiment, name=name).first()
    if schema is None:
        raise missing(f"Label schema with name '{name:.60}' not found for experiment '{experiment.pk}'.")
    remove(schema)
    return {}


def made(call: Call, experiment: Experiment, name: str) -> LabelSchema:
    try:
        with transaction.atomic():
            return LabelSchema.objects.ask(
                experiment=experiment, name=name, type=call.text("type").lower(), by=call.user, **words_in(call)
            )
    except IntegrityError as error:
        raise taken(experiment, name) from error


def words_in(call: Call) -> Said:
    return {
        "title": call.text("title"),
        "instruction": call.text("instruction", ""),
        "input": call.member("input"),
        "enable_comment": call.flag("enable_comment"),
    }


def is_of_another_kind(schema: LabelSchema, call: Call) -> bool:
    """Whether it can't be told by new words: type, kind, and whether it takes several never change."""
    try:
        told = input_of(call.member("input")).config
    except InvalidInput as error:
        raise invalid(str(error)) from error
    ((kind, fields),) = told.items()
    shape = kind, bool(fields.get("multi_select", False))
    return schema.type != call.text("type").lower() or words_of(schema).shape != shape


def schemas_json(experiment: Experiment) -> list[Said]:
    """Return the questions of an experiment, and the built-in ones that nobody has asked for yet."""
    there = [full_json(each) for each in schemas().filter(experiment=experiment).order_by("created_at", "pk")]
    names = {each["name"] for each in there}
    return there + [built_in_json(name, words) for name, words in built_in().items() if name not in names]


def full_json(schema: LabelSchema) -> Said:
    words = words_of(schema)
    return {**schema_json(schema), "title": words.title, "input": input_json(words.input)}


def built_in_json(name: str, words: Said) -> Said:
    return {
        "name": name,
        "type": Assessment.Kind.EXPECTATION.upper(),
        "title": words["title"],
        "instruction": words["instruction"],
        "enable_comment": False,
        "input": input_of(words["input"]).config,
    }


def input_json(config: Said) -> Said:
    """Return an input in full; of options only the values, as MLflow has no more."""
    return to_mlflow(config) if "categorical" in config else config
