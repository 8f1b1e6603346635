"""A question's input in MLflow's kinds, of which there are fewer than ours: a rating is a number, a list is text."""

from __future__ import annotations

from typing import Any

Said = dict[str, Any]
CLASSES = {
    "pass_fail": "InputPassFail", "categorical": "InputCategorical", "numeric": "InputNumeric", "text": "InputText",
}  # fmt: skip


def to_mlflow(config: Said) -> Said:
    ((kind, fields),) = config.items()
    if kind == "categorical":
        options = [each["value"] if isinstance(each, dict) else each for each in fields["options"]]
        return {kind: {"options": options, "multi_select": fields["multi_select"]}}
    if kind == "rating":
        return {"numeric": {"min_value": float(fields["min"]), "max_value": float(fields["max"])}}
    if kind == "text_list":
        return {"text": {}}
    known = {key: value for key, value in fields.items() if value is not None}
    return {kind: {key: float(value) for key, value in known.items()} if kind == "numeric" else known}


def merged(config: Said, given: Said) -> Said:
    """Return an input of ours, changed as MLflow's says; what MLflow's can't say stays."""
    ((kind, fields),) = config.items()
    ((_, told),) = given.items()
    told = told or {}
    if kind == "rating":
        low, high = told.get("min_value", fields["min"]), told.get("max_value", fields["max"])
        return {kind: {**fields, "min": low, "max": high}}
    if kind == "text_list":
        return config
    if kind == "categorical":
        known = {each["value"]: each for each in fields["options"] if isinstance(each, dict)}
        options = [known.get(each, each) if isinstance(each, str) else each for each in told.get("options") or []]
        return {kind: {**told, "options": options}}
    return {kind: told}
