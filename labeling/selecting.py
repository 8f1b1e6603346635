"""Which traces a session takes: all that match, a sample of them, or those picked by hand.

A draft only remembers the choice (`LabelingSession.selection`); the traces become items when the
session opens, or when a manager of an open session adds them.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Self

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models import Item, LabelingSession
from traces.models import Trace
from traces.sampling import sample_of
from traces.search import FilterError, matching
from traces.search.sql import Compared

MOST = 10_000  # traces a session takes at once; also how far a page counts


class Mode(TextChoices):
    ALL = "all", _("All that match")
    SAMPLE = "sample", _("A sample")
    HAND = "hand", _("By hand")


@dataclass(frozen=True)
class Selection:
    """The choice as it is kept: plain JSON values, times as ISO dates."""

    mode: str = Mode.SAMPLE
    text: str = ""
    state: str = ""
    since: str = ""
    until: str = ""  # this day included
    tag: str = ""  # "name" or "name=value"
    filter: str = ""  # in MLflow's grammar, besides the fields
    size: int = 50
    seed: int = 1
    with_side_traces: bool = False
    picked: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, session: LabelingSession) -> Self:
        """Return the session's choice; keys of another release are left out.

        Nothing was chosen for a session that came with its traces: then nothing more is drawn.
        """
        if not session.selection:
            return cls(mode=Mode.HAND)
        known = {each.name for each in fields(cls)}
        return cls(**{key: value for key, value in session.selection.items() if key in known})

    @classmethod
    def fresh(cls) -> Self:
        return cls(seed=secrets.randbelow(9_000) + 1_000)

    def keep(self, session: LabelingSession) -> None:
        session.selection = asdict(self)
        session.save(update_fields=["selection"])

    def pick(self, *, shown: list[str], ticked: list[str]) -> Self:
        """Take over the ticks of the rows that were shown; what was picked elsewhere stays."""
        kept = [trace_id for trace_id in self.picked if trace_id not in set(shown)]
        return replace(self, picked=(kept + ticked)[:MOST])

    def found(self, session: LabelingSession) -> QuerySet[Trace]:
        """Return the traces that match and are not in the session yet, newest first. Raises FilterError."""
        traces = Trace.objects.kept().filter(experiment_id=session.experiment_id)
        if not self.with_side_traces:
            traces = traces.exclude(request_preview="", response_preview="")
        taken = Item.objects.filter(session=session, trace=OuterRef("pk"))
        return matching(traces.filter(self.conditions(), ~Exists(taken)), self.filter)

    def conditions(self) -> Q:
        wanted = Q()
        if self.text:
            wanted &= Q(request_preview__icontains=self.text) | Q(response_preview__icontains=self.text)
        if self.state:
            wanted &= Q(state=self.state)
        if self.since:
            wanted &= Q(request_time__gte=start_of(self.since))
        if self.until:
            wanted &= Q(request_time__lt=start_of(self.until) + timedelta(days=1))
        return wanted & self.tagged()

    def tagged(self) -> Q:
        name, equals, value = (part.strip() for part in self.tag.partition("="))
        if not name:
            return Q()
        return Q(Compared(KeyTextTransform(name, "tags"), "=", value)) if equals else Q(tags__has_key=name)

    def size_of(self, session: LabelingSession) -> int:
        """Return how many items it would make, counted up to MOST + 1. Raises FilterError."""
        if self.mode == Mode.HAND:
            return self.chosen(session).count()
        n = count_up_to(self.found(session), MOST + 1)
        return min(self.size, n) if self.mode == Mode.SAMPLE else n

    def draw(self, session: LabelingSession) -> list[Trace]:
        """Return the traces themselves, in the order in which they are to be handed out. Raises FilterError."""
        match self.mode:
            case Mode.HAND:
                return list(self.chosen(session).order_by("request_time", "trace_id"))
            case Mode.SAMPLE:
                return sample_of(self.found(session), min(self.size, MOST), seed=self.seed)
        return list(self.found(session).order_by("request_time", "trace_id")[:MOST])

    def chosen(self, session: LabelingSession) -> QuerySet[Trace]:
        taken = Item.objects.filter(session=session, trace=OuterRef("pk"))
        return Trace.objects.kept().filter(~Exists(taken), pk__in=self.picked, experiment_id=session.experiment_id)


def count_up_to(traces: QuerySet[Trace], most: int) -> int:
    """Count, but stop at `most`: a page must not read 100,000 rows to say a number."""
    return traces.order_by().values("pk")[:most].count()


def start_of(day: str) -> datetime:
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), time.min))


def fault_in(filter_string: str) -> FilterError | None:
    """Return what is wrong with a filter, or None."""
    try:
        matching(Trace.objects.none(), filter_string)
    except FilterError as error:
        return error
    return None
