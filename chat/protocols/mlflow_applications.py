"""What MLflow's applications have in common, wherever they are served."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from chat.events import Source
from chat.models.endpoints import Target
from chat.prompts import Prompt
from chat.protocols.decoding import at, decoded
from chat.protocols.sources import documents_in

# AgentServer says the id of its trace if it is asked to.
RETURN_TRACE_ID = {"x-mlflow-return-trace-id": "true"}
DATABRICKS = (".databricks.com", ".azuredatabricks.net", ".databricksapps.com")


def context_of(prompt: Prompt) -> dict[str, str]:
    return {"conversation_id": prompt.conversation_id, "user_id": prompt.user_id}


def returns_trace(target: Target, *, default: bool) -> dict[str, Any]:
    """Return what asks Databricks for the trace; the option `return_trace` says yes or no."""
    wanted = target.options.get("return_trace", default)
    return {"databricks_options": {"return_trace": True}} if wanted is True else {}


def is_on_databricks(target: Target) -> bool:
    return (urlsplit(target.url).hostname or "").endswith(DATABRICKS)


def documents_of_trace(value: dict[str, Any]) -> list[Source]:
    """Return what the retrievers found, of a trace that came with the answer (`databricks_output.trace`)."""
    spans = at(value, "databricks_output.trace.data.spans")
    found: list[Source] = []
    for span in spans if isinstance(spans, list) else ():
        attributes = span.get("attributes") or {}
        if "RETRIEVER" in str(attributes.get("mlflow.spanType")):
            found += documents_in(outputs_of(attributes.get("mlflow.spanOutputs")))
    return found


def outputs_of(written: Any) -> Any:
    """MLflow writes every attribute as JSON."""
    try:
        return decoded(written) if isinstance(written, str) else written
    except ValueError:
        return written
