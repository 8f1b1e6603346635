"""What the package is, once it is installed: MLflow finds it, and nothing else changes."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import mlflow
import mlflow_reviewapp
import pytest
from mlflow.genai.labeling.stores import _get_labeling_store
from mlflow_reviewapp import ReviewAppLabelingStore


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "https://review.example.org"])
def test_mlflow_finds_the_store_by_its_entry_point(uri):
    assert isinstance(_get_labeling_store(uri), ReviewAppLabelingStore)


def test_it_is_the_built_one_and_says_that_it_is_typed():
    installed = importlib.metadata.files("mlflow-reviewapp")
    assert any(each.name == "py.typed" for each in installed)
    assert "src" not in Path(mlflow_reviewapp.__file__).parts


@pytest.mark.parametrize("first", ["mlflow_reviewapp.store", "mlflow.genai.label_schemas"])
def test_whatever_is_imported_first(first):
    """In a process of its own, where every warning is an error: a store that can't be loaded is only a warning."""
    code = (
        f"import {first}, mlflow_reviewapp, mlflow.genai.labeling as labeling;"
        "from mlflow.genai.labeling.stores import _get_labeling_store as store;"
        "print(type(store('http://x')).__name__, labeling.get_databricks_review_app.is_of_review_app)"
    )
    command = [sys.executable, "-W", "error:Failure attempting", "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["ReviewAppLabelingStore", "True"]


def test_elsewhere_the_sdk_stays_as_it_is(tmp_path):
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.sqlite3")
    try:
        with pytest.raises(ImportError, match="databricks-agents"):
            mlflow.genai.get_review_app()
        with pytest.raises(mlflow.MlflowException, match="unavailable"):
            mlflow.genai.get_labeling_sessions()
    finally:
        mlflow.set_tracking_uri(before)
