"""MLflow ResponsesAgent: AgentServer, `mlflow models serve`, Databricks serving and Apps.

Address: a base as https://host or https://HOST/serving-endpoints/NAME, or the full …/invocations or …/responses.
Options: `return_trace` false leaves out `databricks_options`.
Source: https://mlflow.org/docs/latest/genai/serving/responses-agent; what was heard: chat/tests/streams/.
"""

from __future__ import annotations

from typing import Any

from chat.events import Event
from chat.models.endpoints import Target
from chat.prompts import Prompt
from chat.protocols import openai_responses
from chat.protocols.asking import Request, body_of, headers_of, url_of
from chat.protocols.mlflow_applications import RETURN_TRACE_ID, context_of, documents_of_trace, returns_trace


def request(target: Target, prompt: Prompt) -> Request:
    """The system prompt is a message: the agent's own instructions stay its own."""
    items = [openai_responses.item_of(message) for message in prompt.messages]
    system = [{"role": "system", "content": target.system_prompt}] if target.system_prompt else []
    defaults = {
        "model": target.model,
        "stream": True,
        "context": context_of(prompt),
        **returns_trace(target, default=True),
    }
    return Request(
        url=url_of(target.url, "/invocations", whole=("/responses",)),
        headers=RETURN_TRACE_ID | headers_of(target, prompt),
        body=body_of(target, defaults, {"input": [*system, *items]}),
    )


class Reader(openai_responses.Reader):
    """No `response.created`, normally no `response.completed`: items and deltas, the id of the trace, `[DONE]`."""

    def told(self, value: dict[str, Any]) -> list[Event]:
        return [*super().told(value), *self.new_sources(documents_of_trace(value))]
