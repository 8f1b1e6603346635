"""What stands beside a trace: the chosen span, and what was said about it, to be added to in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from traces.assessment_form import AssessmentForm
from traces.models import Assessment, Json, Span, Trace
from traces.offering import Question, SayingForm, questions_for
from traces.reading.gathering import Node, node_of
from traces.verdicts import Place, places_of

TRACES_LOOKED_AT = 300  # for names to suggest
MAX_SUGGESTED = 200
VIEWS = ("conversation", "steps", "raw")
KNOWN_NAMES = {"expected_response": "expectation", "expected_facts": "expectation", "guidelines": "expectation"}


@dataclass
class Side:
    """What a person sees beside a trace. `span_id` is the chosen span's, empty where none is."""

    trace: Trace
    reader: User
    view: str = "conversation"
    span_id: str = ""
    span: Span | None = None
    form: SayingForm = field(default_factory=AssessmentForm)
    question: Question | None = None
    places: dict[str, Place] = field(default_factory=dict)

    @cached_property
    def node(self) -> Node | None:
        return node_of(self.span) if self.span else None

    @property
    def here(self) -> Place:
        return self.places.get(self.place_id, Place(self.place_id))

    @property
    def place_id(self) -> str:
        """Where a new assessment goes: the chosen span, else the trace."""
        return self.span.span_id if self.span else ""

    @cached_property
    def elsewhere(self) -> list[Place]:
        return [each for each in self.places.values() if each.span_id != self.place_id and (each.groups or each.gone)]

    @property
    def n_valid(self) -> int:
        return sum(place.n_valid for place in self.places.values())

    @property
    def is_span_missing(self) -> bool:
        return bool(self.span_id) and self.span is None

    @property
    def query(self) -> str:
        """What brings back to this view and this span."""
        pairs = {"view": self.view, "span": self.place_id}
        return urlencode({key: text for key, text in pairs.items() if text})

    @property
    def address(self) -> str:
        return f"{reverse('traces:detail', args=[self.trace.pk])}?{self.query}"

    @cached_property
    def questions(self) -> list[Question]:
        return questions_for(self.trace.experiment)

    @cached_property
    def suggestions(self) -> Suggestions:
        return suggestions_for(self.trace, [question.name for question in self.questions])


def side_of(trace: Trace, reader: User, *, view: str = "", span_id: str = "") -> Side:
    """Queries: 2, and 1 for the chosen span, and 1 for the names of others that something was said about."""
    span = trace.spans.filter(span_id=span_id).first() if span_id else None
    view = view if view in VIEWS else "steps" if span_id else "conversation"
    side = Side(trace, reader, view, span_id, span, places=places_of(trace, reader))
    others = [place.span_id for place in side.elsewhere if place.span_id]
    if others:
        names = dict(trace.spans.filter(span_id__in=others).values_list("span_id", "name"))
        for place in side.places.values():
            place.name = names.get(place.span_id, "")
    return side


@dataclass(frozen=True, slots=True)
class Suggestions:
    names: list[str]
    choices: list[str]


def suggestions_for(trace: Trace, asked: list[str]) -> Suggestions:
    """Return names, and short values, that the experiment's latest traces have. Queries: 1."""
    latest = Trace.objects.filter(experiment=trace.experiment_id).order_by("-request_time", "-trace_id")
    rows = Assessment.objects.filter(trace__in=latest.values("pk")[:TRACES_LOOKED_AT], valid=True)
    said: list[tuple[str, Json]] = list(rows.order_by("name").values_list("name", "value").distinct()[:2_000])
    names = dict.fromkeys([*asked, *(name for name, _value in said), *KNOWN_NAMES])
    choices = dict.fromkeys(value for _name, value in said if isinstance(value, str) and len(value) <= 40)
    return Suggestions(list(names)[:MAX_SUGGESTED], list(choices)[:MAX_SUGGESTED])
