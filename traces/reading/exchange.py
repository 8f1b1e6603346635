"""What was asked and what was answered: the outermost span's words against the model call's."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from traces.dialects.spans import Document, Part
from traces.reading.conversation import Message
from traces.reading.extracting import answer_in, question_in
from traces.reading.gathering import Node
from traces.reading.steps import is_call, text_of
from traces.reading.wording import decoded, is_empty, normal

SIDE_KINDS = {"EVALUATOR", "GUARDRAIL", "EMBEDDING", "RERANKER", "RETRIEVER", "TOOL"}


def outermost(roots: list[Node], *, of: str) -> Node | None:
    """The first span from the outside that has inputs or outputs and is more than a tool of the application."""
    level = roots
    while level:
        for node in level:
            if not is_empty(getattr(node.reading, of)) and node.kind not in SIDE_KINDS:
                return node
        level = [child for node in level for child in node.children]
    return None


def main_call(nodes: list[Node], answer: str) -> Node | None:
    """The model call that gave the answer: the last one that says it, else the last one that says anything."""
    calls = [
        node
        for node in nodes
        if is_call(node)
        and not any(is_call(below) for below in node.descendants())
        and not any(above.kind in SIDE_KINDS for above in node.ancestors())
        and (node.reading.messages or node.reading.answer)
    ]
    wanted = normal(answer)
    same = [node for node in calls if wanted and normal(text_of(node)) == wanted]
    speaking = [node for node in calls if text_of(node)]
    return next(reversed(same or speaking or calls), None)


def asked(node: Node | None) -> str:
    """The question in a span: its last user message, or the text in its inputs."""
    if node is None:
        return ""
    said = [m for m in node.reading.messages if m.role == "user"]
    if said:
        return "\n\n".join(part.text for part in said[-1].parts if part.text)
    return question_in(node.reading.inputs)


def answered(node: Node | None) -> str:
    if node is None:
        return ""
    return text_of(node) or answer_in(node.reading.outputs)


def settle_question(told: list[Message], root: Node | None) -> tuple[int, list[Document]]:
    """Put the question as it was asked in its place.

    Returns where the exchange begins in `told`, and the prompt if the question was wrapped in one.
    """
    question = asked(root)
    users = [place for place, message in enumerate(told) if message.role == "user"]
    same = [place for place in users if question and normal(told[place].text) == normal(question)]
    if same or not question:
        return (same or users or [0])[-1], []
    assert root is not None  # noqa: S101  a question came from it
    if users and normal(question) in normal(told[users[-1]].text):
        prompt = Document(told[users[-1]].text, title=gettext("The question as the model got it"))
        told[users[-1]].parts = [Part("text", text=question), *(p for p in told[users[-1]].parts if p.kind != "text")]
        told[users[-1]].span_id, told[users[-1]].anchor_field = root.span.span_id, "inputs"
        return users[-1], [prompt]
    if users and normal(told[users[-1]].text) in normal(question):
        return users[-1], []
    last = [message for message in told[-1:] if message.role == "assistant"]
    told[:] = [Message("user", [Part("text", text=question)], span_id=root.span.span_id, anchor_field="inputs"), *last]
    return 0, []


def settle_answer(answer: Message, root: Node | None) -> None:
    """Let the answer be what came out of the application, where that differs from what the model said."""
    text = answered(root)
    if root is None or not text or normal(text) == normal(answer.text):
        return
    value = decoded(text)
    part = Part("data", data=value) if isinstance(value, dict | list) else Part("text", text=text)
    others = [p for p in answer.parts if p.kind not in {"text", "data"}]
    answer.parts = [*others, *reasons_in(root.reading.outputs), part]
    answer.span_id, answer.anchor_field = root.span.span_id, "outputs"


def reasons_in(outputs: Any) -> list[Part]:
    """The reasoning that a program returns beside its answer (DSPy's ChainOfThought does)."""
    outputs = decoded(outputs)
    texts = [outputs.get(key) for key in ("reasoning", "rationale")] if isinstance(outputs, dict) else []
    return [Part("reasoning", text=text) for text in texts if isinstance(text, str) and text]
