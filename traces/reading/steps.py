"""What the application did on the way: tool calls, and what other model calls said."""

from __future__ import annotations

from django.utils.translation import gettext

from traces.reading.conversation import Message, Step
from traces.reading.gathering import Node
from traces.reading.wording import decoded, in_words, is_empty, normal

TOOL_FAILED = "error"


def complete_steps(answer: Message, nodes: list[Node], main: Node | None) -> None:
    """Give the answer's steps their spans, and add the tools and model calls that its messages don't tell.

    nodes   in order of start
    """
    tools = [n for n in nodes if n.kind == "TOOL" and not any(a.kind == "TOOL" for a in n.ancestors())]
    open_steps = [step for step in answer.steps if step.kind == "tool"]
    before_any = len(open_steps) == 0
    for node in tools:
        step = step_for(node, open_steps)
        if step is None:
            answer.steps.append(step_of(node))
        else:
            open_steps.remove(step)
            enrich(step, node)
    said_already = [normal(answer.text), *(normal(str(step.result)) for step in answer.steps if step.kind == "note")]
    notes = [n for n in other_calls(nodes, main) if normal(text_of(n)) not in said_already and text_of(n)]
    answer.steps.extend(note_of(node) for node in notes)
    if before_any:
        order = {node.span.span_id: place for place, node in enumerate(nodes)}
        answer.steps.sort(key=lambda step: order.get(step.span_id, len(order)))


def step_for(node: Node, steps: list[Step]) -> Step | None:
    """The step that the messages tell of this span: the same call, or the same name and arguments."""
    name, arguments = tool_name(node), decoded(node.reading.tool_arguments)
    same_name = [step for step in steps if step.name == name]
    return next((step for step in same_name if step.arguments == arguments), None) or next(iter(same_name), None)


def enrich(step: Step, node: Node) -> None:
    reading = node.reading
    step.span_id, step.duration_s = node.span.span_id, node.span.duration_s
    step.error = step.error or reading.error
    if is_empty(step.result) and not step.error:
        step.result = decoded(reading.tool_result if not is_empty(reading.tool_result) else reading.outputs)
    if is_empty(step.arguments):
        step.arguments = decoded(reading.tool_arguments)
    step.done = True


def step_of(node: Node) -> Step:
    reading = node.reading
    arguments = reading.tool_arguments if not is_empty(reading.tool_arguments) else reading.inputs
    step = Step(tool_name(node), arguments=decoded(arguments))
    enrich(step, node)
    return step


def tool_name(node: Node) -> str:
    return in_words(node.reading.tool_name or node.span.name)


def other_calls(nodes: list[Node], main: Node | None) -> list[Node]:
    return [n for n in nodes if n is not main and is_call(n) and not any(is_call(d) for d in n.descendants())]


def is_call(node: Node) -> bool:
    return node.kind in {"LLM", "CHAT_MODEL"}


def text_of(node: Node) -> str:
    return "\n\n".join(p.text for m in node.reading.answer for p in m.parts if p.kind in {"text", "refusal"})


def note_of(node: Node) -> Step:
    agent = next((a for a in node.ancestors() if a.kind == "AGENT"), None)
    name = in_words(agent.span.name) if agent else gettext("Said on the way")
    return Step(name, result=text_of(node), kind="note", span_id=node.span.span_id, duration_s=node.span.duration_s,
                done=True)  # fmt: skip
