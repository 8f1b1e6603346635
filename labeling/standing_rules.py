"""Send to a session what end users disliked and a random share of the rest: once, or as a standing rule.

The share is drawn by lot: each trace has one, made from the draw number and its id, and is in the sample or not,
whenever one looks. So a rule that runs every hour draws the same traces as one that runs at the end of the week.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from labeling.drafting import name_for_today
from labeling.models import LabelingSession, StandingPick, StandingRule
from labeling.selecting import MOST
from reviewapp.lib.periodic import periodic
from traces.models import Experiment, Trace
from traces.sampling import lot
from traces.search import FilterError, matching

logger = logging.getLogger(__name__)

DISLIKED = "feedback.user_feedback = 'false'"
ALL_LOTS = 2**64


class CannotSend(Exception):
    """The session takes nothing; says why in words."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which traces: all that meet `filter`, and of the rest each with a chance of `percent`."""

    experiment: Experiment
    filter: str = DISLIKED
    days: int = 7
    percent: float = 5.0
    seed: int = 1

    @classmethod
    def of(cls, rule: StandingRule) -> Choice:
        return cls(rule.session.experiment, rule.filter, rule.days, rule.percent, rule.seed)

    def recent(self) -> QuerySet[Trace]:
        """Conversations of the last days; side traces have neither question nor answer."""
        since = timezone.now() - timedelta(days=self.days)
        found = Trace.objects.filter(experiment=self.experiment, request_time__gte=since)
        return found.exclude(request_preview="", response_preview="")

    def always(self) -> QuerySet[Trace]:
        """Raises: FilterError."""
        return matching(self.recent(), self.filter) if self.filter.strip() else Trace.objects.none()

    def draw(self) -> Draw:
        """Queries: 2, of ids alone, read in chunks. Raises: FilterError."""
        always = ids_of(self.always())
        limit, known = int(self.percent / 100 * ALL_LOTS), set(always)
        rest = [trace_id for trace_id in ids_of(self.recent()) if trace_id not in known]
        drawn = [trace_id for trace_id in rest if int.from_bytes(lot(self.seed, trace_id)[:8]) < limit]
        return Draw(always, drawn, len(rest))

    @property
    def list_filter(self) -> str:
        """The traces that are always taken, as a filter of the list of traces."""
        return f"{self.filter.strip()} AND timestamp > '{self.days} days ago'"


@dataclass(frozen=True, slots=True)
class Draw:
    """Ids of traces, the oldest first: those always taken, and those drawn of `n_rest` others."""

    always: list[str]
    by_chance: list[str]
    n_rest: int
    taken: set[str] = field(default_factory=set)  # those of them that the session or the rule had before

    @property
    def new(self) -> list[str]:
        return [trace_id for trace_id in [*self.always, *self.by_chance] if trace_id not in self.taken][:MOST]

    def without(self, session: LabelingSession | None, rule: StandingRule | None = None) -> Draw:
        wanted = [*self.always, *self.by_chance]
        taken: set[str] = set()
        if session is not None:
            taken |= among(wanted, lambda some: session.items.filter(trace__in=some).values_list("trace_id", flat=True))
        if rule is not None:
            taken |= among(wanted, lambda some: rule.picks.filter(trace__in=some).values_list("trace_id", flat=True))
        return Draw(self.always, self.by_chance, self.n_rest, taken)


def ids_of(traces: QuerySet[Trace]) -> list[str]:
    found = traces.order_by("request_time", "trace_id").values_list("pk", flat=True)
    return list(found.iterator(chunk_size=5_000))


def among(ids: list[str], ask: Callable[[list[str]], Iterable[str]]) -> set[str]:
    """Ask in pieces: a database takes only so many values at once."""
    return {found for start in range(0, len(ids), 1_000) for found in ask(ids[start : start + 1_000])}


def new_draft(experiment: Experiment, *, by: User) -> LabelingSession:
    return LabelingSession.objects.create(experiment=experiment, name=name_for_today(), created_by=by)


@transaction.atomic
def send(choice: Choice, session: LabelingSession) -> int:
    """Put them into the session and return how many were new. Raises: FilterError, CannotSend."""
    return add(choice.draw().without(session), session)


def add(draw: Draw, session: LabelingSession) -> int:
    session.lock_setup()
    session.refresh_from_db(fields=["state"])
    if session.state == LabelingSession.State.CLOSED:
        raise CannotSend(_("The session is closed."))
    return session.add_traces(Trace(pk=trace_id) for trace_id in draw.new)


@transaction.atomic
def apply(rule: StandingRule) -> int:
    """Do what the rule says and remember what it took. Raises: FilterError, CannotSend."""
    StandingRule.objects.select_for_update(no_key=True).get(pk=rule.pk)  # one run after the other
    draw = Choice.of(rule).draw().without(rule.session, rule)
    n = add(draw, rule.session)
    by_chance = set(draw.by_chance)
    StandingPick.objects.bulk_create(
        [StandingPick(rule=rule, trace_id=trace_id, is_random=trace_id in by_chance) for trace_id in draw.new],
        ignore_conflicts=True,
        batch_size=1_000,
    )
    return n


def run(rule: StandingRule) -> bool:
    """Apply the rule and note how that went; False when it failed."""
    rule.last_run_at, rule.last_added, rule.last_error = timezone.now(), 0, ""
    try:
        rule.last_added = apply(rule)
    except (FilterError, CannotSend) as error:
        rule.last_error = str(error)
    except DatabaseError:
        logger.exception("the standing rule %s failed", rule.pk)
        rule.last_error = _("The database refused; it is tried again at the next turn.")
    rule.n_added += rule.last_added
    rule.save(update_fields=["last_run_at", "last_added", "last_error", "n_added"])
    return not rule.last_error


@periodic(every=timedelta(seconds=30))
def run_due() -> None:
    for rule in StandingRule.objects.due().select_related("session__experiment"):
        if rule.take_turn():
            run(rule)
