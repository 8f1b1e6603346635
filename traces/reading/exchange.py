"""What was asked and what was answered: the outermost span's words against the model call's."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext

from traces.dialects.spans import Document, Part
from traces.reading.conversation import Message
from traces.reading.extracting import answer_in, question_in
from traces.reading.gathering import Node
from traces.reading.wording import decoded, is_empty, normal

SIDE_KINDS = {"EVALUATOR", "GUARDRAIL", "EMBEDDING", "RERANKER", "RETRIEVER", "TOOL"}
PYTHON_REPR = re.compile(r"[\[(]?(?:[a-z_]+\.)*[A-Z]\w*\(\w+=|<[\w.]+ object at 0x|[\[{(]+'\w+': ")


def outermost(roots: list[Node], calls: list[Node], *, of: str) -> Node | None:
    """The outermost span of the application itself that has inputs (the first) or outputs (the last).

    It holds a model call, if there are any: what stands beside them is a part, as tools and retrievers are.
    """
    around = {id(node) for call in calls for node in call.ancestors()}
    level = roots
    while level:
        for node in level if of == "inputs" else reversed(level):
            is_part = node.kind in SIDE_KINDS or (id(node) not in around if calls else is_call(node))
            if not is_part and not is_empty(getattr(node.reading, of)):
                return node
        level = [child for node in level for child in node.children]
    return None


def is_call(node: Node) -> bool:
    return node.kind in {"LLM", "CHAT_MODEL"}


def speaking_calls(nodes: list[Node]) -> list[Node]:
    """The innermost model calls that tell something, but those of guardrails, judges and tools."""
    calls = [node for node in nodes if is_call(node) and (node.reading.messages or node.reading.answer)]
    above = {id(outer) for node in calls for outer in node.ancestors()}
    return [n for n in calls if id(n) not in above and not any(a.kind in SIDE_KINDS for a in n.ancestors())]


def main_call(calls: list[Node], answer: str) -> Node | None:
    """The model call that gave the answer: the last one that says it, else the last one that says anything."""
    wanted = normal(answer)
    same = [node for node in calls if wanted and normal(text_of(node)) == wanted]
    saying = [node for node in calls if text_of(node)]
    return next(reversed(same or saying or calls), None)


def text_of(node: Node) -> str:
    return "\n\n".join(p.text for m in node.reading.answer for p in m.parts if p.kind in {"text", "refusal"})


def asked(node: Node | None) -> str:
    """The question in a span: its last user message, or the text in its inputs."""
    if node is None:
        return ""
    if values_only(node.reading.inputs):
        return sentence_in(node.reading.inputs)
    said = [m for m in node.reading.messages if m.role == "user"]
    if said:
        return "\n\n".join(part.text for part in said[-1].parts if part.text)
    return question_in(node.reading.inputs)


def values_only(inputs: Any) -> bool:
    """Whether a program was called with values that are no question, as {"town": "Grenfeld"}."""
    inputs = decoded(inputs)
    return (
        isinstance(inputs, dict)
        and not any(isinstance(value, dict | list) for value in inputs.values())
        and not question_in(inputs)
    )


def sentence_in(inputs: Any) -> str:
    """The one value that is long enough to be a question, whatever the program calls it."""
    texts = [value for value in decoded(inputs).values() if isinstance(value, str) and is_sentence(value)]
    return texts[0] if len(texts) == 1 else ""


def is_sentence(text: str) -> bool:
    """Three words, or some signs of a script that writes without spaces."""
    return len(text.split(maxsplit=2)) > 2 or (len(text) > 5 and any(sign >= "\u2e80" for sign in text[:20]))


def answered(node: Node | None) -> str:
    if node is None:
        return ""
    text = text_of(node) or answer_in(node.reading.outputs)
    return "" if PYTHON_REPR.match(text) else text


def settle_question(told: list[Message], asking: Node | None, first: Node | None) -> tuple[int, list[Document]]:
    """Put the question as it was asked in its place; where the application tells none, the first model call's.

    Returns where the exchange begins in `told`, and the prompt if the question was wrapped in one.
    """
    source = asking if asked(asking) else first
    question = asked(source)
    users = [place for place, message in enumerate(told) if message.role == "user"]
    same = [place for place in users if question and normal(told[place].text) == normal(question)]
    if source is None or same or not question:
        known = same if source is asking else users
        return (known or users or [0])[-1], []
    last = users[-1] if users else 0
    if users and normal(told[last].text) in normal(question):
        return last, []
    prompts = [Document(told[last].text, title=gettext("The question as the model got it"))] if users else []
    if users and normal(question) in normal(told[last].text):
        others = [part for part in told[last].parts if part.kind != "text"]
        told[last].parts = [Part("text", text=question), *others]
        told[last].span_id, told[last].anchor_field = source.span.span_id, "inputs"
        return last, prompts
    answers = [message for message in told[-1:] if message.role == "assistant"]
    told[:] = [Message("user", [Part("text", text=question)], span_id=source.span.span_id, anchor_field="inputs")]
    told += answers
    return 0, prompts


def settle_answer(answer: Message, root: Node | None) -> None:
    """Let the answer be what came out of the application, where that differs from what the model said."""
    text = answered(root)
    if root is None or not text or normal(text) == normal(answer.text):
        return
    others = [part for part in answer.parts if part.kind not in {"text", "data"}]
    answer.parts = [*others, *reasons_in(root.reading.outputs), Part("text", text=text)]
    answer.span_id, answer.anchor_field = root.span.span_id, "outputs"


def reasons_in(outputs: Any) -> list[Part]:
    """The reasoning that a program returns beside its answer (DSPy's ChainOfThought does)."""
    outputs = decoded(outputs)
    texts = [outputs.get(key) for key in ("reasoning", "rationale")] if isinstance(outputs, dict) else []
    return [Part("reasoning", text=text) for text in texts if isinstance(text, str) and text]
