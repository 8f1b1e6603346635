"""The protocols in words, for whoever has to choose one."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.models import Endpoint


class Spoken(NamedTuple):
    sentence: str | Promise
    address: str  # an example


Protocol = Endpoint.Protocol
SPOKEN: dict[str, Spoken] = {
    Protocol.OPENAI_CHAT: Spoken(
        _("Most servers and gateways: OpenAI, Azure, vLLM, litellm, Databricks’ models."), "https://host/v1"
    ),
    Protocol.OPENAI_RESPONSES: Spoken(_("OpenAI’s newer interface, with tools and reasoning."), "https://host/v1"),
    Protocol.MLFLOW_RESPONSES: Spoken(
        _("Agents made with MLflow: AgentServer, Databricks apps and serving."), "https://host/invocations"
    ),
    Protocol.MLFLOW_CHAT: Spoken(
        _("Older MLflow agents, served by “mlflow models serve”."), "https://host/invocations"
    ),
    Protocol.ANTHROPIC: Spoken(_("Claude, at Anthropic or behind a gateway."), "https://api.anthropic.com"),
    Protocol.OLLAMA: Spoken(_("Models on your own machines, run by Ollama."), "http://host:11434"),
    Protocol.AG_UI: Spoken(
        _("Agent frameworks with an AG-UI endpoint: LangGraph, CrewAI, Pydantic AI."), "https://host/agent"
    ),
    Protocol.JSON: Spoken(_("Anything else that takes a question as JSON and answers with JSON."), "https://host/ask"),
}
