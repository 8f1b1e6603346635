"""The protocols that endpoints speak, by the name that `Endpoint.protocol` has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat.models.endpoints import Endpoint, Target
from chat.prompts import Prompt
from chat.protocols import (
    ag_ui,
    anthropic,
    mlflow_chat,
    mlflow_responses,
    ollama,
    openai_chat,
    openai_responses,
    plain_json,
)
from chat.protocols.asking import Request
from chat.protocols.reading import AnswerReader
from chat.protocols.templates import names_in


@dataclass(frozen=True, slots=True)
class Protocol:
    """How to ask, and how to read one answer, as a stream or as a whole."""

    request: Callable[[Target, Prompt], Request]
    reader: type[AnswerReader]


Names = Endpoint.Protocol
PROTOCOLS: dict[str, Protocol] = {
    Names.OPENAI_CHAT: Protocol(openai_chat.request, openai_chat.Reader),
    Names.OPENAI_RESPONSES: Protocol(openai_responses.request, openai_responses.Reader),
    Names.MLFLOW_RESPONSES: Protocol(mlflow_responses.request, mlflow_responses.Reader),
    Names.MLFLOW_CHAT: Protocol(mlflow_chat.request, mlflow_chat.Reader),
    Names.ANTHROPIC: Protocol(anthropic.request, anthropic.Reader),
    Names.OLLAMA: Protocol(ollama.request, ollama.Reader),
    Names.AG_UI: Protocol(ag_ui.request, ag_ui.Reader),
    Names.JSON: Protocol(plain_json.request, plain_json.Reader),
}


def takes_images(protocol: str, options: dict[str, Any]) -> bool:
    """Say whether a message may have images: MLflow's ChatAgent has none, plain JSON where its template has."""
    if protocol == Names.JSON:
        templates = [options.get("request"), options.get("message")]
        return "images" in names_in(templates)
    return protocol != Names.MLFLOW_CHAT
