"""The guide: what it answers to a conversation, in two editions. Each step writes its span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.trace import Tracer

from chat.demo import spans, wording
from chat.demo.documents import all_passages
from chat.demo.passages import Found, Index, words_of
from chat.demo.settings_table import SettingsTable
from chat.demo.wording import Asked

EARLIER_COUNTS = 0.6  # a word of the question before, in one that follows it up
REFERS = {"it", "that", "this", "them", "they", "those", "these", "there", "instead", "then"}
FOLLOWS = ("and ", "but ", "so ", "what about", "how about", "why", "what if", "what else", "tell me more", "more")

Message = dict[str, str]  # {role, content}


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of the guide, behind the model's name. `is_first` is worse on purpose."""

    model: str
    version: str
    is_first: bool = False


EDITIONS = {each.model: each for each in (Edition("guide-1", "v1.4", is_first=True), Edition("guide-2", "v2.0"))}


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    found: list[Found] = field(default_factory=list)
    call: dict[str, Any] = field(default_factory=dict)  # {name, arguments, result} of the tool, if it was used


class Guide:
    def __init__(self) -> None:
        passages = all_passages()
        self.index = Index(passages)
        self.settings = SettingsTable(passages)

    def answer(self, edition: Edition, messages: Sequence[Message], tracer: Tracer) -> Answer:
        asked = asked_in(messages)
        if reply := wording.small_talk(asked.question):
            return Answer(reply)
        if edition.is_first:
            found = self.retrieve(Asked(asked.question), 1, tracer)
            return Answer(wording.first_edition(asked.question, found, self.index), found)
        found = self.retrieve(asked, 3, tracer)
        call = self.look_up(asked, tracer)
        return Answer(wording.second_edition(asked, found, call, self.index), found, call)

    def retrieve(self, asked: Asked, most: int, tracer: Tracer) -> list[Found]:
        query = dict.fromkeys(words_of(asked.earlier), EARLIER_COUNTS) | dict.fromkeys(words_of(asked.question), 1.0)
        with spans.retrieval(tracer, f"{asked.earlier} {asked.question}".strip(), most) as span:
            found = self.index.find(query, most)
            spans.retrieved(span, found)
        return found

    def look_up(self, asked: Asked, tracer: Tracer) -> dict[str, Any]:
        name = self.settings.asked_for(asked.question) or self.settings.asked_for(asked.earlier)
        if not name:
            return {}
        call: dict[str, Any] = {"name": "look_up_setting", "arguments": {"name": name}}
        with spans.tool(tracer, call) as span:
            call["result"] = self.settings.look_up(name)
            spans.returned(span, call["result"])
        return call


def asked_in(messages: Sequence[Message]) -> Asked:
    questions = [message["content"] for message in messages if message["role"] == "user"]
    answers = [message["content"] for message in messages if message["role"] == "assistant"]
    question = questions[-1] if questions else ""
    return (
        Asked(question, "".join(questions[-2:-1]), "".join(answers[-1:])) if follows_up(question) else Asked(question)
    )


def follows_up(question: str) -> bool:
    """Say whether a question can't be understood without the one before."""
    words = question.lower().replace("?", "").replace(",", "").split()
    return len(words_of(question)) < 2 or bool(REFERS & set(words)) or question.lower().startswith(FOLLOWS)
