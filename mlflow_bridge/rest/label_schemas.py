"""MLflow's label schemas are the questions of the library; managers make and change them, developers read them."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet

from labeling.models import LabelSchema, LabelSchemaVersion, SessionQuestion
from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.errors import ApiError, invalid, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.paging import page_of
from mlflow_bridge.rest.review_queue_access import visible
from mlflow_bridge.rest.schema_inputs import CLASSES, merged, to_mlflow
from traces.models import Experiment

Said = dict[str, Any]
MOST = 1000
RESERVED = "Feedback"
MOST_OPTIONS = 10  # of MLflow's; a question that is made on a page may have more


def create(call: Call) -> Said:
    experiment, name = experiment_for(call), call.text("name")
    manager(call)
    if name == RESERVED:
        raise invalid(f"`{RESERVED}` is reserved for the experiment's default question of an MLflow server.")
    check_options(call.member("input"))
    if experiment.label_schemas.filter(name=name).exists():
        raise taken(experiment, name)
    schema = LabelSchema.objects.ask(
        experiment=experiment, name=name, type=call.text("type").lower(), title=name,
        input=call.member("input"), instruction=call.text("instruction", ""),
        enable_comment=call.flag("enable_comment"), by=call.user,
    )  # fmt: skip
    return {"label_schema": schema_json(schema)}


def get(call: Call) -> Said:
    """Answer with a question; experts read those that they are asked."""
    if call.user.reads_traces:
        return {"label_schema": schema_json(schema_for(call))}
    asked = SessionQuestion.objects.filter(session__in=visible(call.user)).values("schema")
    return {"label_schema": schema_json(wanted(call, schemas().filter(pk__in=asked)))}


def get_by_name(call: Call) -> Said:
    experiment, name = experiment_for(call), call.text("name")
    schema = schemas().filter(experiment=experiment, name=name).first()
    if schema is None:
        raise missing(f"Label schema with name '{name:.60}' not found for experiment '{experiment.pk}'.")
    return {"label_schema": schema_json(schema)}


def listing(call: Call) -> Said:
    rows = schemas().filter(experiment=experiment_for(call)).order_by("-created_at", "pk")
    found, token = page_of(rows, call.whole("max_results", 100, most=MOST), call.text("page_token", ""))
    return {"label_schemas": [schema_json(each) for each in found], "next_page_token": token}


@transaction.atomic
def update(call: Call) -> Said:
    """Change what is given, as a new version of the question's words; answers keep the version that they answered."""
    schema = schema_for(call)
    manager(call)
    if call.has("name"):
        rename(schema, call.text("name"))
    words: Said = {}
    if "instruction" in call.said:
        words["instruction"] = call.text("instruction", "")
    if call.has("enable_comment"):
        words["enable_comment"] = call.flag("enable_comment")
    if call.has("input"):
        words["input"] = changed_input(words_of(schema), call.member("input"))
    schema.revise(**words)
    schema.refresh_from_db()
    return {"label_schema": schema_json(schema)}


def delete(call: Call) -> Said:
    """Delete a question; what was answered stays. One that is not there is gone already."""
    manager(call)
    schema = schemas().filter(pk=call.text("schema_id")).first()
    if schema is not None:
        remove(schema)
    return {}


def remove(schema: LabelSchema) -> None:
    """Raises: ApiError for a question that is asked in a session."""
    try:
        with transaction.atomic():
            LabelSchema.objects.filter(pk=schema.pk).update(current=None)
            asked_in_queues(schema).delete()
            schema.delete()
    except ProtectedError as error:
        raise invalid(
            f"The question '{schema.name}' is asked or answered in a session, and can't be deleted."
        ) from error


def rename(schema: LabelSchema, name: str) -> None:
    """Raises: ApiError for a name that is taken, and for a question of a session, whose conditions name it."""
    if name == schema.name:
        return
    if SessionQuestion.objects.filter(schema=schema).exclude(pk__in=asked_in_queues(schema)).exists():
        raise invalid(f"The question '{schema.name}' is asked in a session, and keeps its name.")
    schema.name = name
    schema.clean_fields(exclude=["current", "created_by"])
    try:
        with transaction.atomic():
            schema.save(update_fields=["name", "updated_at"])
    except IntegrityError as error:
        raise taken(schema.experiment, name) from error


def asked_in_queues(schema: LabelSchema) -> QuerySet[SessionQuestion]:
    """Return where code asks it: in MLflow, a queue does not hold on to its questions."""
    return SessionQuestion.objects.filter(schema=schema, session__queue__isnull=False)


def changed_input(words: LabelSchemaVersion, given: Said) -> Said:
    """Return the input as the question has it, changed. Raises: ApiError for another kind."""
    before, after = to_mlflow(words.input), given
    check_options(given)
    if before.keys() != after.keys():
        raise invalid(
            "A label schema's input type cannot be changed after creation "
            f"(existing: {class_of(before)}, got: {class_of(after)})."
        )
    return merged(words.input, after)


def check_options(config: Said) -> None:
    options = (config.get("categorical") or {}).get("options")
    if isinstance(options, list) and len(options) > MOST_OPTIONS:
        raise invalid(f"`InputCategorical.options` must have at most {MOST_OPTIONS} entries; got {len(options)}.")


def class_of(config: Said) -> str:
    return CLASSES.get(next(iter(config), ""), "none")


def schemas() -> QuerySet[LabelSchema]:
    return LabelSchema.objects.select_related("current", "experiment", "created_by").filter(current__isnull=False)


def schema_for(call: Call) -> LabelSchema:
    developer(call)
    return wanted(call, schemas())


def wanted(call: Call, found: QuerySet[LabelSchema]) -> LabelSchema:
    """Return the one that the call names. Raises: ApiError."""
    schema_id = call.text("schema_id")
    schema = found.filter(pk=schema_id).first()
    if schema is None:
        raise missing(f"Label schema with id '{schema_id:.60}' not found.")
    return schema


def words_of(schema: LabelSchema) -> LabelSchemaVersion:
    if schema.current is None:
        raise missing("The question has no words.")
    return schema.current


def manager(call: Call) -> None:
    if not call.user.runs_sessions:
        raise ApiError("PERMISSION_DENIED", "Questions are set up by managers.")


def taken(experiment: Experiment, name: str) -> ApiError:
    words = f"Label schema with name '{name}' already exists for experiment '{experiment.pk}'."
    return ApiError("RESOURCE_ALREADY_EXISTS", words)


def schema_json(schema: LabelSchema) -> Said:
    words = words_of(schema)
    said = {
        "schema_id": schema.pk,
        "experiment_id": str(schema.experiment_id),
        "name": schema.name,
        "type": schema.type.upper(),
        "instruction": words.instruction,
        "enable_comment": words.enable_comment,
        "input": to_mlflow(words.input),
        "created_by": schema.created_by.email if schema.created_by else "",
        "created_at": int(schema.created_at.timestamp() * 1000),
        "last_updated_at": int(schema.updated_at.timestamp() * 1000),
        "is_default": False,
    }
    return {key: value for key, value in said.items() if value != ""}
