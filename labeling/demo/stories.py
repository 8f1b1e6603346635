"""The files of the demo as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
# The C parser, which every wheel of PyYAML brings, reads the demo in a tenth of the time.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(name: str) -> Any:
    return yaml.load((HERE / name).read_text(encoding="utf-8"), Loader=Loader)  # noqa: S506  # it is the safe one


@dataclass(frozen=True)
class Passage:
    doc_id: str
    score: float
    title: str
    url: str
    text: str


@dataclass(frozen=True)
class ToolCall:
    name: str
    arguments: dict[str, Any]
    result: Any = None
    error: str = ""  # "TimeoutError: no answer within 10 s"


@dataclass(frozen=True)
class Judgement:
    """What an LLM judge said about an answer."""

    value: bool
    why: str


@dataclass(frozen=True)
class Story:
    """One exchange. `answer` is what came before it broke off, when there is an `error` {type, message}."""

    key: str
    hours_ago: float
    user: str
    question: str
    answer: str
    history: list[dict[str, str]] = field(default_factory=list)  # {user, assistant}, oldest first
    documents: list[Passage] = field(default_factory=list)
    tools: list[ToolCall] = field(default_factory=list)
    image: str = ""  # a file in images/, sent with the question
    error: dict[str, str] = field(default_factory=dict)
    judge: Judgement | None = None


@dataclass(frozen=True)
class Assistant:
    """An application of the demo and what it was asked: one file of traces."""

    experiment: str
    description: str
    service: str
    model: str
    system: str
    stories: list[Story]


def all_assistants() -> Iterator[Assistant]:
    for path in sorted((HERE / "traces").glob("*.yaml")):
        file = read_yaml(f"traces/{path.name}")
        library = file.pop("library")
        stories = [story_of(told, library) for told in file.pop("traces")]
        yield Assistant(stories=stories, **{name: text.strip() for name, text in file.items()})


def story_of(told: dict[str, Any], library: dict[str, dict[str, str]]) -> Story:
    """Read one entry of a file; its `flaw` stays there."""
    documents = [Passage(doc_id, score, **library[doc_id]) for doc_id, score in told.get("documents", {}).items()]
    return Story(
        key=told["key"],
        hours_ago=told["hours_ago"],
        user=told["user"],
        question=told["question"].strip(),
        answer=told["answer"].strip(),
        history=told.get("history", []),
        documents=documents,
        tools=[ToolCall(**call) for call in told.get("tools", [])],
        image=told.get("image", ""),
        error=told.get("error", {}),
        judge=Judgement(**told["judge"]),
    )
