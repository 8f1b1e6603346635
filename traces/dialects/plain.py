"""Any other span: what went in and came out, where the name of an attribute tells; its attributes otherwise.

Enough to read a trace of an instrumentation that has no module of its own yet.
"""

from __future__ import annotations

from typing import Any

from traces.dialects.decoding import decoded
from traces.dialects.failures import error_of
from traces.dialects.spans import MASKED, ONLY_LOGGED, Json, SpanLike, SpanReading
from traces.dialects.tables import SESSION_NAMES, USER_NAMES, Table, content, first, header_by, named, settle

name = "plain"

TABLE = Table(
    name,
    kinds=("span.kind", "span.type", "span_type"),
    types={
        "agent": "AGENT",
        "chain": "CHAIN",
        "llm": "LLM",
        "retriever": "RETRIEVER",
        "tool": "TOOL",
        "workflow": "CHAIN",
    },
    inputs=("input.value", "input", "inputs", "prompt", "question"),
    outputs=("output.value", "output", "outputs", "completion", "answer", "response"),
    model=("llm.model_name", "model", "model_name"),
    session=("session.id", *SESSION_NAMES, *named("metadata.", SESSION_NAMES)),
    user=("user.id", "enduser.id", *USER_NAMES, *named("metadata.", USER_NAMES)),
    tool=("tool.name", "gen_ai.tool.name"),
)
# The last word of a name that nobody agreed on, as in `acme.llm.prompt`.
INPUTS = frozenset({
    "input", "inputs", "prompt", "prompts", "question", "query", "messages", "input_messages", "user_input",
})  # fmt: skip
OUTPUTS = frozenset({
    "output", "outputs", "completion", "answer", "response", "responses", "output_messages", "final_answer",
})  # fmt: skip
# Names of the network's and the machine's, which are never what somebody asked or said.
TECHNICAL = ("http.", "url.", "net.", "network.", "server.", "client.", "db.", "rpc.", "messaging.", "code.", "thread.")


def recognises(attributes: dict[str, Any]) -> bool:
    return True


def header(span: SpanLike) -> SpanReading:
    return header_by(TABLE, span)


def read(span: SpanLike) -> SpanReading:
    attributes = span.attributes
    reading = header(span)
    reading.inputs = _content(attributes, TABLE.inputs, INPUTS)
    reading.outputs = _content(attributes, TABLE.outputs, OUTPUTS)
    reading.error = error_of(span)
    settle(reading, first(attributes, TABLE.tool) or span.name)
    if reading.inputs is None and reading.outputs is None:
        reading.details = _details(span) or None
    return reading


def _details(span: SpanLike) -> dict[str, Json]:
    """Return the attributes of a span, and what log records say of it."""
    told = {key: decoded(value) for key, value in span.attributes.items() if key not in {MASKED, ONLY_LOGGED}}
    for record in span.logs or ():
        told[record.get("name") or "log"] = record.get("body") or record.get("attributes")
    return told


def _content(attributes: dict[str, Any], names: tuple[str, ...], last_words: frozenset[str]) -> Json:
    if (found := content(attributes, names)) is not None:
        return found
    return next(
        (
            decoded(value)
            for key, value in attributes.items()
            if value and key.rsplit(".", 1)[-1] in last_words and not key.startswith(TECHNICAL)
        ),
        None,
    )
