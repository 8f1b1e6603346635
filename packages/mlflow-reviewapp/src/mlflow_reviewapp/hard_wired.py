"""What MLflow's SDK does not ask of its labeling store, though a Review App can do it.

`get_review_app` is wired to databricks-agents in every release; since 3.14 the label schemas' functions ask the
store only on Databricks. Only calls that the SDK would refuse over HTTP go another way: an argument or a kind of
answer "only supported on a Databricks tracking URI", a name in place of an id, a package that is not installed.
Every other call, and every other tracking URI, is the SDK's own, unchanged.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import mlflow
from mlflow.genai import label_schemas
from mlflow.genai.label_schemas import InputCategoricalList, InputTextList

from mlflow_reviewapp.review_app import ServedReviewApp
from mlflow_reviewapp.server import Server
from mlflow_reviewapp.store import ReviewAppLabelingStore

Function = Callable[..., Any]
DATABRICKS_ONLY = (InputCategoricalList, InputTextList)


def reroute() -> None:
    """Put the functions below before the SDK's own; a second time changes nothing."""
    labeling = sys.modules["mlflow.genai.labeling"]
    replace(labeling, "get_databricks_review_app", review_app_of)
    if hasattr(label_schemas, "list_label_schemas"):  # older ones ask the store
        for name, other in {"create": creating, "get": getting, "delete": deleting}.items():
            replace(label_schemas, f"{name}_label_schema", other)


def replace(module: Any, name: str, other: Callable[[Function], Function]) -> None:
    """Raises nothing: a release of MLflow that has another name for it goes its own way."""
    original = vars(module).get(name)
    if original is None or hasattr(original, "is_of_review_app"):
        return
    function = wraps(original)(other(original))
    vars(function)["is_of_review_app"] = True
    setattr(module, name, function)


def is_over_http() -> bool:
    return urlsplit(mlflow.get_tracking_uri()).scheme in {"http", "https"}


def review_app_of(original: Function) -> Function:
    def get_databricks_review_app(experiment_id: str | None = None) -> Any:
        if not is_over_http():
            return original(experiment_id)
        return ServedReviewApp.of(Server(mlflow.get_tracking_uri()), experiment_id)

    return get_databricks_review_app


def creating(original: Function) -> Function:
    def create_label_schema(
        name: str, *, input: Any, title: str | None = None, overwrite: bool = False, **others: Any
    ) -> Any:
        is_more = title is not None or overwrite or isinstance(input, DATABRICKS_ONLY)
        if not is_more or not is_over_http():
            return original(name, input=input, title=title, overwrite=overwrite, **others)
        given = {"title": title or name, "input": input, "overwrite": overwrite}
        return ReviewAppLabelingStore().create_label_schema(name, **given, **others)

    return create_label_schema


def getting(original: Function) -> Function:
    def get_label_schema(name: str | None = None, **others: Any) -> Any:
        if name is None or is_named(others, "schema_id", "experiment_id") or not is_over_http():
            return original(name, **others)
        return ReviewAppLabelingStore().get_label_schema(name)

    return get_label_schema


def deleting(original: Function) -> Function:
    def delete_label_schema(name: str | None = None, **others: Any) -> Any:
        if name is None or is_named(others, "schema_id") or not is_over_http():
            return original(name, **others)
        return ReviewAppLabelingStore().delete_label_schema(name)

    return delete_label_schema


def is_named(arguments: dict[str, Any], *names: str) -> bool:
    return any(arguments.get(name) is not None for name in names)
