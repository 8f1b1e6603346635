"""What a session's answers say so far, question by question.

Everything is counted over answers by the database; only distinct values and counts come here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from labeling.inputs import Input, Option, input_of
from labeling.models import Answer, LabelingSession, Review, SessionQuestion
from reviewapp.lib.intervals import wilson

MAX_BINS = 8  # of a distribution of numbers, as a page has room
N_TEXTS = 3  # shown before "all of them"

Counts = list[tuple[Any, int]]  # value, how many said so


@dataclass(frozen=True, slots=True)
class Bar:
    """One answer that was given `n` times among `of`; `value` finds the items behind it, if it is one value."""

    label: str
    n: int
    of: int
    value: str | None = None
    tone: str = ""

    @property
    def share(self) -> float:
        return self.n / self.of if self.of else 0.0

    @property
    def percent(self) -> int:
        return round(100 * self.share)

    @property
    def interval(self) -> tuple[int, int]:
        """The 95 % interval of the share, in whole percent."""
        low, high = wilson(self.n, self.of)
        return round(100 * low), round(100 * high)

    # For drawing, in thousandths of the whole: whole numbers, which no language writes with a comma.

    @property
    def width(self) -> int:
        return round(1000 * self.share)

    @property
    def interval_start(self) -> int:
        return round(1000 * wilson(self.n, self.of)[0])

    @property
    def interval_width(self) -> int:
        return round(1000 * wilson(self.n, self.of)[1]) - self.interval_start


@dataclass(frozen=True, slots=True)
class Tally:
    """The answers to one question; of `n_shared` items with two answers or more, `n_different` got different ones."""

    question: SessionQuestion
    input: Input
    n: int
    bars: list[Bar] = field(default_factory=list)
    mean: float | None = None
    texts: list[Answer] = field(default_factory=list)
    n_shared: int = 0
    n_different: int = 0

    @property
    def title(self) -> str:
        return self.question.schema.current.title if self.question.schema.current else self.question.schema.name

    @property
    def main(self) -> Bar | None:
        """The answer a manager asks for first: the negative one of two, else the most frequent."""
        if not self.n or not self.bars or self.mean is not None:
            return None
        return next((bar for bar in self.bars if bar.tone == "fail"), max(self.bars, key=lambda bar: bar.n))


def answers_in(session: LabelingSession) -> QuerySet[Answer]:
    """The answers that stand: of finished reviews, and not replaced."""
    return Answer.objects.filter(review__session=session, review__status=Review.Status.COMPLETE, assessment__valid=True)


def tallies_of(session: LabelingSession) -> list[Tally]:
    """Return a tally per question, in the session's order. Queries: 3, and at most 1 more for each question."""
    questions = list(session.questions.select_related("schema__current"))
    inputs = inputs_of(questions)
    counts = counts_by_question(session, [schema for schema, each in inputs.items() if not is_open(each)])
    n_texts = dict(
        answers_in(session)
        .filter(version__schema__in=[schema for schema, each in inputs.items() if is_open(each)])
        .values_list("version__schema")
        .annotate(n=Count("id"))
        .order_by()
    )
    shared = shared_by_question(session, [schema for schema, each in inputs.items() if not is_open(each)])
    return [
        tally_of(session, q, inputs[q.schema_id], counts[q.schema_id], n_texts.get(q.schema_id, 0), shared)
        for q in questions
        if q.schema_id in inputs
    ]


def inputs_of(questions: Iterable[SessionQuestion]) -> dict[str, Input]:
    """Return each question's input by its schema's id. Expects `schema__current` to be selected."""
    return {q.schema_id: input_of(q.schema.current.input) for q in questions if q.schema.current}


def is_open(given: Input) -> bool:
    """Whether answers are texts: those are read, not counted."""
    return given.kind in {"text", "text_list"}


def counts_by_question(session: LabelingSession, schemas: list[str]) -> defaultdict[str, Counts]:
    rows = (
        answers_in(session)
        .filter(version__schema__in=schemas)
        .values_list("version__schema", "assessment__value")
        .annotate(n=Count("id"))
        .order_by()
    )
    counts: defaultdict[str, Counts] = defaultdict(list)
    for schema, value, n in rows:
        counts[schema].append((value, n))
    return counts


def shared_by_question(session: LabelingSession, schemas: list[str]) -> dict[str, tuple[int, int]]:
    """Return, for each question, how many items have two answers or more, and how many of those differ."""
    if session.reviews_per_item == 1:
        return {}
    shared = (
        answers_in(session)
        .values("version__schema", "review__item")
        .annotate(said=Count("id"), things=Count("assessment__value", distinct=True))
        .filter(said__gt=1)
        .order_by()
    )
    found: dict[str, tuple[int, int]] = {}
    for schema in schemas:
        n = shared.filter(version__schema=schema).aggregate(
            shared=Count("said"), different=Count("said", filter=Q(things__gt=1))
        )
        found[schema] = n["shared"], n["different"]
    return found


def tally_of(
    session: LabelingSession,
    question: SessionQuestion,
    given: Input,
    counts: Counts,
    n_texts: int,
    shared: dict[str, tuple[int, int]],
) -> Tally:
    if is_open(given):
        latest = answers_in(session).filter(version__schema=question.schema_id).order_by("-id")
        texts = list(latest.select_related("assessment", "review__user", "review__item")[:N_TEXTS]) if n_texts else []
        return Tally(question, given, n_texts, texts=texts)
    n = sum(each for _value, each in counts)
    n_shared, n_different = shared.get(question.schema_id, (0, 0))
    mean = mean_of(counts) if given.kind in {"rating", "numeric"} else None
    bars = number_bars(counts, n) if given.kind == "numeric" else option_bars(given, counts, n)
    return Tally(question, given, n, bars, mean, n_shared=n_shared, n_different=n_different)


def mean_of(counts: Counts) -> float | None:
    return fmean([value for value, _n in counts], weights=[n for _value, n in counts]) if counts else None


def option_bars(given: Input, counts: Counts, n: int) -> list[Bar]:
    """A bar per option, also for those nobody chose, and for options that the question no longer has."""
    by_option: defaultdict[str, int] = defaultdict(int)
    for value, times in counts:
        for option in given.raw(value):
            by_option[option] += times
    bars = [Bar(label_of(given, o), by_option.pop(o.value, 0), n, o.value, o.tone) for o in given.options]
    return bars + [Bar(value, times, n, value) for value, times in sorted(by_option.items())]


def label_of(given: Input, option: Option) -> str:
    """A step of a rating says what its end means."""
    return f"{option.label} · {option.help}" if given.kind == "rating" and option.help else option.label


def number_bars(counts: Counts, n: int) -> list[Bar]:
    """A bar per number while they are few, else one per range of equal width."""
    if len(counts) <= MAX_BINS:
        return [Bar(f"{value:g}", times, n, str(value)) for value, times in sorted(counts)]
    low, high = min(value for value, _n in counts), max(value for value, _n in counts)
    width = (high - low) / MAX_BINS
    bins = [0] * MAX_BINS
    for value, times in counts:
        bins[min(int((value - low) / width), MAX_BINS - 1)] += times
    edges = [f"{low + i * width:.4g}" for i in range(MAX_BINS + 1)]
    return [Bar(_("{low} to {high}").format(low=edges[i], high=edges[i + 1]), times, n) for i, times in enumerate(bins)]


def main_of(tallies: Iterable[Tally]) -> Tally | None:
    """The tally whose main answer stands at the top of the page: the first of two, else the first choice."""
    with_main = [tally for tally in tallies if tally.main]
    return next((tally for tally in with_main if tally.input.kind == "pass_fail"), next(iter(with_main), None))
