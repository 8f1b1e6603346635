"""How end users' thumbs went, day by day or week by week.

Counted by the time of the trace, not of the vote, so that the traces behind each number are a filter away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Avg, Count, Q, QuerySet
from django.utils import timezone

from reviewapp.lib.intervals import wilson
from traces.feedback.assessing import CATEGORIES, COMMENT, SCORE, THUMBS
from traces.models import Assessment, Experiment
from traces.search.sql import JsonNumber

STEPS = {"day": (timedelta(days=1), 30), "week": (timedelta(weeks=1), 26)}  # length, how many
N_COMMENTS = 12
MOST_CATEGORIZED = 10_000  # the latest that are counted
SAFE_IN_PATTERN = frozenset(" -.,:;()/&")


@dataclass(frozen=True, slots=True)
class Votes:
    """Thumbs about traces that began in [start, end)."""

    start: datetime
    end: datetime
    n_up: int = 0
    n_down: int = 0

    @property
    def n(self) -> int:
        return self.n_up + self.n_down

    @property
    def percent(self) -> int:
        return round(100 * self.n_up / self.n) if self.n else 0

    @property
    def interval(self) -> tuple[int, int]:
        """The 95 % interval of the share of thumbs up, in whole percent."""
        low, high = wilson(self.n_up, self.n)
        return round(100 * low), round(100 * high)

    @property
    def up_filter(self) -> str:
        return self.within(f"feedback.{THUMBS} = 'true'")

    @property
    def down_filter(self) -> str:
        return self.within(f"feedback.{THUMBS} = 'false'")

    @property
    def any_filter(self) -> str:
        return self.within(f"feedback.{THUMBS} IS NOT NULL")

    def within(self, condition: str) -> str:
        return f"{condition} AND timestamp >= {ms(self.start)} AND timestamp < {ms(self.end)}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A share and its interval in a picture of 1000 by 1000, whose origin is at the top."""

    votes: Votes
    x: int  # the middle
    reach: int  # to either side

    @property
    def left(self) -> int:
        return self.x - self.reach

    @property
    def width(self) -> int:
        return 2 * self.reach

    @property
    def share(self) -> int:
        return min(972, max(0, 986 - round(1000 * self.votes.n_up / self.votes.n)))

    @property
    def top(self) -> int:
        return 1000 - 10 * self.votes.interval[1]

    @property
    def height(self) -> int:
        return 10 * (self.votes.interval[1] - self.votes.interval[0])


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    n: int
    of: int
    filter: str

    @property
    def width(self) -> int:
        """In thousandths, for drawing."""
        return round(1000 * self.n / self.of) if self.of else 0


@dataclass(frozen=True, slots=True)
class Trend:
    periods: Sequence[Votes]
    whole: Votes
    n_scores: int
    mean_score: float | None
    categories: Sequence[Category]
    comments: Sequence[Assessment]

    @property
    def last(self) -> Votes:
        return self.periods[-1]

    @property
    def latest_first(self) -> list[Votes]:
        return [votes for votes in reversed(self.periods) if votes.n]

    @property
    def marks(self) -> list[Mark]:
        step = 1000 / len(self.periods)
        reach = max(1, round(step * 0.35))
        return [Mark(votes, round(step * (n + 0.5)), reach) for n, votes in enumerate(self.periods) if votes.n]

    @property
    def score_filter(self) -> str:
        return self.whole.within(f"feedback.{SCORE} IS NOT NULL")


def trend_of(experiment: Experiment | None, step: str) -> Trend:
    """Return the last 30 days or 26 weeks, the current one included. Queries: 4."""
    starts = starts_of(step)
    whole = Votes(starts[0], starts[-1] + STEPS[step][0])
    said = Assessment.objects.filter(
        source_type=Assessment.SourceType.HUMAN, valid=True, kind=Assessment.Kind.FEEDBACK,
        trace__request_time__gte=whole.start, trace__request_time__lt=whole.end,
    )  # fmt: skip
    if experiment is not None:
        said = said.filter(trace__experiment=experiment)
    periods = votes_in(said, starts, STEPS[step][0])
    n_up, n_down = sum(each.n_up for each in periods), sum(each.n_down for each in periods)
    scores = said.filter(name=SCORE).aggregate(n=Count("pk"), mean=Avg(JsonNumber("value")))
    whole = Votes(whole.start, whole.end, n_up, n_down)
    return Trend(periods, whole, scores["n"], scores["mean"], categories_in(said, whole), comments_in(said))


def starts_of(step: str) -> list[datetime]:
    """Midnights where the server is; of weeks, Mondays'."""
    length, n = STEPS[step]
    today = timezone.localdate()
    last = today - timedelta(days=today.weekday()) if step == "week" else today
    days = [last - length * back for back in reversed(range(n))]
    return [timezone.make_aware(datetime.combine(day, time.min)) for day in days]


def votes_in(said: QuerySet[Assessment], starts: Sequence[datetime], length: timedelta) -> list[Votes]:
    """Count in one query, a pair of sums for each period."""
    ends = [*starts[1:], starts[-1] + length]
    sums = {}
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        within = Q(trace__request_time__gte=start, trace__request_time__lt=end)
        sums[f"up{number}"] = Count("pk", filter=within & Q(value=True))
        sums[f"down{number}"] = Count("pk", filter=within & Q(value=False))
    found = said.filter(name=THUMBS).aggregate(**sums)
    return [
        Votes(start, end, found[f"up{number}"], found[f"down{number}"])
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def categories_in(said: QuerySet[Assessment], whole: Votes) -> list[Category]:
    latest = said.filter(name=CATEGORIES).order_by("-created_at").values_list("value", flat=True)[:MOST_CATEGORIZED]
    lists = [value for value in latest if isinstance(value, list)]
    counts = Counter(str(name) for names in lists for name in names)
    return [
        Category(name, n, len(lists), whole.within(f"feedback.{CATEGORIES} LIKE '{pattern_of(name)}'"))
        for name, n in counts.most_common(12)
    ]


def pattern_of(name: str) -> str:
    """Return what a list with this text looks like as JSON; letters that JSON may escape are any text."""
    inner = "".join(each if each.isascii() and (each.isalnum() or each in SAFE_IN_PATTERN) else "%" for each in name)
    return f'%"{inner}"%'


def comments_in(said: QuerySet[Assessment]) -> list[Assessment]:
    spoken = ~Q(rationale="") & Q(name__in=[THUMBS, SCORE, CATEGORIES])
    found = said.filter(spoken | Q(name=COMMENT)).select_related("trace").order_by("-created_at", "-pk")
    return list(found[:N_COMMENTS])


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
