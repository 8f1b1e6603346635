"""Label schemas on the wire: `{"categorical": {"options": […], "multi_select": true}}` and so on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.genai.label_schemas import label_schemas as sdk
from mlflow.genai.label_schemas.label_schemas import (
    InputCategorical,
    InputCategoricalList,
    InputNumeric,
    InputText,
    InputTextList,
    LabelSchema,
    LabelSchemaType,
)

Said = dict[str, Any]


HAS_TITLE = "title" in {each.name for each in fields(LabelSchema)}  # before MLflow 3.14
if HAS_TITLE and not TYPE_CHECKING:
    ReviewAppLabelSchema = LabelSchema
else:

    @dataclass(frozen=True)
    class ReviewAppLabelSchema(LabelSchema):
        """A label schema with the title that experts read, as a review app's schemas have."""

        title: str = ""


def input_to_wire(given: Any) -> Said:
    """Raises: MlflowException for what is no input."""
    if isinstance(given, InputCategorical):
        multi_select = getattr(given, "multi_select", False)  # of MLflow 3.14 and later
        return {"categorical": {"options": list(given.options), "multi_select": multi_select}}
    if isinstance(given, InputCategoricalList):
        return {"categorical": {"options": list(given.options), "multi_select": True}}
    if isinstance(given, InputTextList):
        return {"text_list": {"max_length_each": given.max_length_each, "max_count": given.max_count}}
    if isinstance(given, InputText):
        return {"text": {"max_length": given.max_length}}
    if isinstance(given, InputNumeric):
        return {"numeric": {"min_value": given.min_value, "max_value": given.max_value}}
    if type(given).__name__ == "InputPassFail":  # of MLflow 3.14 and later
        return {"pass_fail": {"positive_label": given.positive_label, "negative_label": given.negative_label}}
    raise MlflowException.invalid_parameter_value(
        f"{type(given).__name__} is no input of a label schema. The inputs are {', '.join(INPUTS)}."
    )


INPUTS = ["InputPassFail", "InputCategorical", "InputCategoricalList", "InputNumeric", "InputText", "InputTextList"]


def input_from_wire(told: Said) -> Any:
    """Return MLflow's input. A rating is a number; a pass or fail is a choice for clients that know none."""
    ((kind, said),) = told.items()
    return READERS[kind](said)


def pass_fail(said: Said) -> Any:
    labels = {"positive_label": said["positive_label"], "negative_label": said["negative_label"]}
    known: Callable[..., Any] | None = getattr(sdk, "InputPassFail", None)
    return known(**labels) if known else InputCategorical(options=list(labels.values()))


def categorical(said: Said) -> Any:
    options = list(said["options"])
    return InputCategoricalList(options=options) if said["multi_select"] else InputCategorical(options=options)


READERS: dict[str, Callable[[Said], Any]] = {
    "pass_fail": pass_fail,
    "categorical": categorical,
    "rating": lambda said: InputNumeric(min_value=said["min"], max_value=said["max"]),
    "numeric": lambda said: InputNumeric(min_value=said["min_value"], max_value=said["max_value"]),
    "text": lambda said: InputText(max_length=said["max_length"]),
    "text_list": lambda said: InputTextList(max_length_each=said["max_length_each"], max_count=said["max_count"]),
}


def schema_from_wire(told: Said) -> ReviewAppLabelSchema:
    said = {
        "name": told["name"],
        "title": told["title"],
        "type": LabelSchemaType(told["type"].lower()),
        "input": input_from_wire(told["input"]),
        "instruction": told.get("instruction"),
        "enable_comment": told["enable_comment"],
        "schema_id": told.get("schema_id"),
        "experiment_id": told.get("experiment_id"),
        "created_by": told.get("created_by"),
        "created_at": told.get("created_at"),
        "updated_at": told.get("last_updated_at"),
    }
    known = {each.name for each in fields(ReviewAppLabelSchema)}  # MLflow's own have grown
    return ReviewAppLabelSchema(**{name: value for name, value in said.items() if name in known})
