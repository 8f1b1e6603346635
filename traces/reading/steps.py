"""What the application did on the way: tool calls, and what other model calls said."""

from __future__ import annotations

import re

from django.utils.translation import gettext

from traces.dialects.spans import Json, SpanReading
from traces.reading.conversation import Message, Step
from traces.reading.exchange import asked, text_of
from traces.reading.gathering import Node
from traces.reading.wording import decoded, in_words, is_empty, normal

HAND_OVER = re.compile(r"(?:transfer|hand ?off|hand over) to ")  # how agent frameworks name it, in words


def complete_steps(answer: Message, nodes: list[Node], calls: list[Node], main: Node | None) -> None:
    """Give the answer's steps their spans, and add the tools and model calls that its messages don't tell.

    nodes   in order of start
    """
    told = [step for step in answer.steps if step.kind == "tool"]
    tools = [n for n in nodes if n.kind == "TOOL" and not any(a.kind == "TOOL" for a in n.ancestors())]
    answer.steps.extend(added_steps(tools, list(told)))
    known = [normal(answer.text), *(normal(str(step.result)) for step in answer.steps if step.kind == "note")]
    others = [call for call in calls if call is not main and text_of(call) and normal(text_of(call)) not in known]
    answer.steps.extend(note_of(call) for call in others)
    if not told:
        order = {node.span.span_id: place for place, node in enumerate(nodes)}
        answer.steps.sort(key=lambda step: order.get(step.span_id, len(order)))


def added_steps(tools: list[Node], told: list[Step]) -> list[Step]:
    """Match each tool's span with the step that is told already; return steps for the others."""
    added = []
    for node in tools:
        step = step_for(node, told)
        if step is None:
            added.append(step_of(node))
        else:
            told.remove(step)
            enrich(step, node)
    return added


def step_for(node: Node, steps: list[Step]) -> Step | None:
    """The step that the messages tell of this span: the same call, or the same name and arguments."""
    name, arguments = plain_name(tool_name(node)), decoded(node.reading.tool_arguments)
    same_name = [step for step in steps if plain_name(step.name) == name]
    return next((step for step in same_name if step.arguments == arguments), None) or next(iter(same_name), None)


def plain_name(name: str) -> str:
    return HAND_OVER.sub("", name).casefold()


def enrich(step: Step, node: Node) -> None:
    reading = node.reading
    step.span_id, step.duration_s = node.span.span_id, node.span.duration_s
    step.error = step.error or reading.error
    if is_empty(step.result) and not step.error:
        step.result = decoded(reading.outputs if is_empty(reading.tool_result) else reading.tool_result)
    if step.error and normal(str(step.result)) in normal(step.error):
        step.result = None  # the error itself, come back as a result
    if is_empty(step.arguments):
        step.arguments = decoded(reading.tool_arguments)
    step.done = step.done or node.span.end_time_ns is not None


def step_of(node: Node) -> Step:
    reading = node.reading
    arguments = reading.inputs if is_empty(reading.tool_arguments) else reading.tool_arguments
    arguments = reading.details if is_empty(arguments) else arguments
    step = Step(tool_name(node), arguments=decoded(arguments))
    enrich(step, node)
    return step


def tool_name(node: Node) -> str:
    return in_words(node.reading.tool_name or node.span.name)


def note_of(call: Node) -> Step:
    """What another model call was asked and said: another agent's part, or a thought on the way."""
    agent = next((a for a in call.ancestors() if a.kind == "AGENT"), None)
    name = in_words(agent.span.name) if agent else gettext("Said on the way")
    return Step(name, arguments=asked(call), result=text_of(call), kind="note", span_id=call.span.span_id,
                duration_s=call.span.duration_s, done=True)  # fmt: skip


def bare_steps(nodes: list[Node]) -> list[Step]:
    """The spans of a trace without a conversation, each as a step; of those that nobody knows their attributes."""
    return [step_of(node) for node in nodes if any(not is_empty(value) for value in told_by(node.reading))]


def told_by(reading: SpanReading) -> tuple[Json, Json, Json]:
    return reading.inputs, reading.outputs, reading.details
