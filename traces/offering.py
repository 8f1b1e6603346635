"""Questions that can be answered beside a trace, of a library that this room knows nothing of.

A room registers where they come from with `offers`, and draws them with a template of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.http import QueryDict

from traces.models import Assessment, Experiment, Json

QUESTION_KEY = "reviewapp.question"  # in the metadata of an assessment: the key of the question that it answers


@dataclass(frozen=True, slots=True)
class Said:
    """What a checked form says."""

    kind: str  # feedback or expectation
    name: str
    value: Json
    rationale: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


class SayingForm(Protocol):
    """A form that says one thing about a trace or a span."""

    @property
    def template(self) -> str:
        """The template of its fields; it gets the form as `form`."""

    def is_valid(self) -> bool: ...

    def said(self) -> Said:
        """Return what a valid form says."""


class Question(Protocol):
    """A question of the library."""

    @property
    def key(self) -> str:
        """Names it in an address, and in the metadata of what answers it under QUESTION_KEY."""

    @property
    def name(self) -> str:
        """What its assessments are called."""

    @property
    def title(self) -> str: ...

    @property
    def kind(self) -> str: ...

    def form(self, data: QueryDict | None = None, *, before: Assessment | None = None) -> SayingForm:
        """Return its form: as sent, or with what was said `before`, or empty."""


Source = Callable[[Experiment], Sequence[Question]]
SOURCES: list[Source] = []


def offers(source: Source) -> Source:
    """Register where questions for the traces of an experiment come from."""
    SOURCES.append(source)
    return source


def questions_for(experiment: Experiment) -> list[Question]:
    return [question for source in SOURCES for question in source(experiment)]


def question_for(experiment: Experiment, key: str) -> Question | None:
    return next((question for question in questions_for(experiment) if question.key == key), None)
