"""From chat to labels: the answers of conversations as items of a labeling session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Conversation, Endpoint, Judgement, Turn
from chat.models.judgements import THUMBS
from chat.turns import branch_of
from labeling.models import LabelingSession
from traces.models import Experiment

MOST = 10_000  # answers put at once
MAX_NAME = 250


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers of an experiment's endpoints; what is empty narrows nothing."""

    experiment: Experiment
    endpoint: Endpoint | None = None
    person: User | None = None
    since: datetime | None = None
    until: datetime | None = None  # not included
    verdict: str = ""  # down: thumbs down; none: nobody has judged it
    text: str = ""

    def answers(self) -> QuerySet[Turn]:
        """Return them, the newest first."""
        return Turn.objects.filter(*self.conditions()).order_by("-started_at", "-id")

    def conditions(self) -> list[Combinable | Q]:
        wanted: list[Combinable | Q] = [Q(conversation__endpoint__experiment=self.experiment), answered()]
        if self.endpoint:
            wanted.append(Q(conversation__endpoint=self.endpoint))
        if self.person:
            wanted.append(Q(conversation__user=self.person))
        if self.since:
            wanted.append(Q(started_at__gte=self.since))
        if self.until:
            wanted.append(Q(started_at__lt=self.until))
        if self.text:
            wanted.append(Q(message__icontains=self.text) | Q(text__icontains=self.text))
        judged = Judgement.objects.filter(turn=OuterRef("pk"), assessment__valid=True)
        if self.verdict == "down":
            wanted.append(Exists(judged.filter(name=THUMBS, assessment__value=False)))
        if self.verdict == "none":
            wanted.append(~Exists(judged))
        return wanted


def answered() -> Q:
    """Something was said, and it is over. What a batch asked is in a session already."""
    is_said = ~Q(text="") | ~Q(refusal="")
    is_compared = ~Q(conversation__compared_first=None) | ~Q(conversation__compared_second=None)
    return is_said & ~Q(state=Turn.State.RUNNING) & (Q(conversation__is_listed=True) | is_compared)


def answers_in(conversation: Conversation) -> QuerySet[Turn]:
    """Return the answers of the branch that is shown, in order."""
    shown = [each.turn.pk for each in branch_of(conversation)]
    return Turn.objects.filter(answered(), pk__in=shown).order_by("started_at", "id")


def day_start(day: date | None, *, plus_days: int = 0) -> datetime | None:
    """Return the first moment of a day in the time zone of the server."""
    return None if day is None else timezone.make_aware(datetime.combine(day, time.min)) + timedelta(days=plus_days)


def sessions_for(experiment: Experiment) -> QuerySet[LabelingSession]:
    """Return the sessions that can take more, the newest first."""
    return LabelingSession.objects.filter(experiment=experiment).exclude(state=LabelingSession.State.CLOSED)


def new_session(experiment: Experiment, *, by: User) -> LabelingSession:
    """Make a draft that takes what is put into it, and draws nothing else."""
    today = date_format(timezone.localdate(), "MONTH_DAY_FORMAT")
    name = _("Chats of %(day)s") % {"day": today}
    return LabelingSession.objects.create(experiment=experiment, name=name[:MAX_NAME], created_by=by)


@dataclass(frozen=True, slots=True)
class Put:
    """What became of some answers."""

    n_added: int = 0
    n_there: int = 0  # in the session before
    n_without_trace: int = 0
    n_elsewhere: int = 0  # of another experiment


@transaction.atomic
def put(answers: QuerySet[Turn], session: LabelingSession) -> Put:
    """Make items of the answers, in the order of the talk."""
    found = list(answers.order_by("started_at", "id").select_related("trace").only("trace__experiment")[:MOST])
    traces = [turn.trace for turn in found if turn.trace is not None]
    ours = [trace for trace in traces if trace.experiment_id == session.experiment_id]
    n_added = session.add_traces(ours)
    return Put(n_added, len(ours) - n_added, len(found) - len(traces), len(traces) - len(ours))
