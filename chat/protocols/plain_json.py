"""Any JSON over HTTP, by the endpoint's options.

Address: the full one, as it is.

request    template of the body (REQUEST if it is left out), with {{question}}, {{messages}} (all of them),
           {{history}} (all before the question), {{transcript}} (text), {{system_prompt}}, {{model}},
           {{conversation_id}}, {{turn_id}}, {{user}}, {{images}} (data: addresses of the question)
message    template of one of {{messages}} (MESSAGE), with {{role}}, {{text}}, {{images}}
roles      other names for the roles: {"assistant": "ai"}
answer     path of the answer; in a stream, of the answer so far
delta      path of a piece of the answer, in a stream
reasoning, sources, trace_id, error    paths; what stands under `error` is a failure's message
source     paths within one source: {"title": …, "text": …, "url": …, "doc_id": …, "score": …}
done       path of what is true in the last message of a stream; without it the stream's end is the answer's

Paths are dotted: `a.b.0.c`, `docs[*].text`. Without `answer` and `delta` the usual places are tried. The answer
may come as one JSON, as JSON lines, as server-sent events, or as plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chat.events import Event, Failed, Fault, Json, Reason, Reasoning, Source
from chat.framing import Frame
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.protocols.asking import Request, headers_of
from chat.protocols.decoding import at, first_at, text_of
from chat.protocols.failures import message_in
from chat.protocols.reading import AnswerReader
from chat.protocols.sources import added_sources, source_from
from chat.protocols.templates import filled

REQUEST = {
    "question": "{{question}}",
    "messages": "{{messages}}",
    "conversation_id": "{{conversation_id}}",
    "stream": True,
}
MESSAGE = {"role": "{{role}}", "content": "{{text}}"}
ANSWERS = ("answer", "output", "response", "result", "text", "content", "message", "generated_text",
           "choices.0.message.content", "0.generated_text")  # fmt: skip
DELTAS = ("delta", "token", "chunk", "text", "content", "answer", "output", "response", "choices.0.delta.content")
WITHIN = ("content", "text", "answer", "message.content", "0.text")  # where the text is if the place has no text
LAST_EVENTS = ("end", "done", "complete", "finish")


def request(target: Target, prompt: Prompt) -> Request:
    *before, question = prompt.messages
    template = target.options.get("request") or REQUEST
    values = {
        "question": question.text,
        "messages": [message_of(target, message) for message in prompt.messages],
        "history": [message_of(target, message) for message in before],
        "transcript": "\n\n".join(f"{message.role}: {message.text}" for message in prompt.messages),
        "system_prompt": target.system_prompt,
        "model": target.model,
        "conversation_id": prompt.conversation_id,
        "turn_id": prompt.turn_id,
        "user": prompt.user_id,
        "images": list(question.images),
    }
    body = filled(template, values)
    return Request(
        target.url.strip(), headers_of(target, prompt), body | target.parameters if isinstance(body, dict) else body
    )


def message_of(target: Target, message: PromptMessage) -> Json:
    roles = target.options.get("roles")
    role = roles.get(message.role, message.role) if isinstance(roles, dict) else message.role
    values = {"role": role, "text": message.text, "images": list(message.images)}
    return filled(target.options.get("message") or MESSAGE, values)


class Reader(AnswerReader):
    def __init__(self, target: Target, trace_id_paths: Sequence[str] = ()) -> None:
        own = target.options.get("trace_id")
        super().__init__(target, (*trace_id_paths, *([own] if own and isinstance(own, str) else [])))
        self.answer = ""  # so far
        self.has_objects = False  # so that a broken piece is no text

    def path(self, name: str) -> str:
        path = self.target.options.get(name)
        return path if isinstance(path, str) else ""

    def read(self, frame: Frame) -> list[Event]:
        """Text that is no JSON is a piece of the answer here."""
        if not self.is_over and frame.event != "error" and frame.data[:1] not in ("", "{", "[", '"'):
            return self.over(Reason.STOP) if frame.data == "[DONE]" else self.plain_text(frame.data)
        return super().read(frame)

    def unreadable(self, name: str, data: str) -> list[Event]:
        is_text = name != "error" and not self.has_objects
        return self.plain_text(data) if is_text else super().unreadable(name, data)

    def plain_text(self, text: str) -> list[Event]:
        return self.piece(text.replace("\0", ""))

    def said(self, value: Json) -> list[Event]:
        return self.piece(value) if isinstance(value, str) else self.whole_value(value)

    def event(self, name: str, value: dict[str, Any]) -> list[Event]:
        self.has_objects = True
        events = self.started(value.get("run_id") or value.get("id"))
        failed = self.failure_at_path(value)
        if failed:
            return events + failed
        piece = self.text_at(value, self.path("delta"), DELTAS if not self.path("answer") else ())
        so_far = self.text_at(value, self.path("answer"), () if piece else ANSWERS)
        events += [*self.piece(piece), *self.rest_of(so_far), *self.beside(value)]
        if name in LAST_EVENTS or (self.path("done") and at(value, self.path("done"))):
            self.over(Reason.STOP)
        return events if events or self.is_over else self.not_read(value)

    def whole(self, value: dict[str, Any]) -> list[Event]:
        return self.started(value.get("run_id") or value.get("id")) + self.whole_value(value)

    def whole_value(self, value: Json) -> list[Event]:
        failed = self.failure_at_path(value)
        if failed:
            return failed
        answer = self.text_at(value, self.path("answer"), ANSWERS)
        return [*self.piece(answer), *self.beside(value)] if answer else self.not_read(value)

    def ended_cleanly(self) -> None:
        if not self.path("done"):
            self.reason = self.reason or Reason.STOP

    def text_at(self, value: Json, path: str, usual: Sequence[str]) -> str:
        """Return the text at the endpoint's own path, or else at the first of the usual ones."""
        found = at(value, path) if path else first_at(value, usual)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return str(found)
        return text_of(found) or text_of(first_at(found, WITHIN))

    def piece(self, text: str) -> list[Event]:
        self.answer += text
        return self.words(text)

    def rest_of(self, answer: str) -> list[Event]:
        """Return what is new in an answer that comes whole every time, or once more at the end."""
        if self.answer and not answer.startswith(self.answer):
            return []
        return self.piece(answer[len(self.answer) :])

    def beside(self, value: Json) -> list[Event]:
        reasoning = text_of(at(value, self.path("reasoning"))) if self.path("reasoning") else ""
        path = self.path("sources")
        self.used(value.get("usage") if isinstance(value, dict) else None)
        sources = self.mapped(at(value, path)) if path else added_sources(value)
        return [*([Reasoning(reasoning)] if reasoning else []), *self.new_sources(sources)]

    def mapped(self, found: Json) -> list[Source]:
        """Return sources, each read by the paths of the option `source` first."""
        own = self.target.options.get("source")
        paths = {name: path for name, path in own.items() if isinstance(path, str)} if isinstance(own, dict) else {}
        listed = found if isinstance(found, list) else [found] if found else []
        renamed = [
            each | {name: at(each, path) for name, path in paths.items()} if isinstance(each, dict) else each
            for each in listed
        ]
        return [source for each in renamed if (source := source_from(each)) is not None]

    def failure_at_path(self, value: Json) -> list[Event]:
        found = at(value, self.path("error")) if self.path("error") else None
        return self.fail(Failed(Fault.BROKEN, message_in(found) or str(found)[:200])) if found else []
