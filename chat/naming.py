"""Whether an answer says who made it: then a comparison is not blind any more."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chat.models import Endpoint, Turn

# Families of models and their makers. Words of every day among them (Gemini, Mistral) tell enough here.
# fmt: off
FAMILIES = frozenset({
    "alibaba", "anthropic", "bedrock", "chatglm", "chatgpt", "claude", "cohere", "dbrx", "deepmind", "deepseek",
    "falcon", "gemini", "gemma", "gpt", "granite", "grok", "haiku", "kimi", "llama", "mistral", "mixtral", "nemotron",
    "olmo", "openai", "opus", "palm", "phi", "qwen", "sonnet", "yi",
})  # fmt: on
LETTERS = re.compile(r"[^\W\d_]+")
HAS_LETTER_AND_DIGIT = re.compile(r"(?=.*\d)(?=.*[^\W\d_])")


def names_itself(first: Turn, second: Turn) -> bool:
    """Whether one of two answers holds a word that only its own endpoint goes by.

    What both go by tells nobody which is which. `conversation.endpoint` must be at hand.
    """
    words = terms_of(first), terms_of(second)
    return holds(first, words[0] - words[1]) or holds(second, words[1] - words[0])


def terms_of(turn: Turn) -> set[str]:
    """Return what the endpoint of an answer goes by, in lower case."""
    endpoint: Endpoint = turn.conversation.endpoint
    models = {endpoint.model, turn.model}
    versions = {version for version in (endpoint.version, turn.endpoint_version) if HAS_LETTER_AND_DIGIT.match(version)}
    families = {word for model in models for word in LETTERS.findall(model.lower()) if word in FAMILIES}
    terms = {endpoint.name, *models, *versions, *families}
    return {term.strip().lower() for term in terms if len(term.strip()) > 1}


def holds(turn: Turn, terms: Iterable[str]) -> bool:
    said = "\n".join((turn.text, turn.reasoning, turn.refusal)).lower()
    return any(re.search(rf"(?<!\w){re.escape(term)}(?!\w)", said) for term in terms)
