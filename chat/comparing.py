"""Side by side: one message for two endpoints, and which answer is better.

Which side an answer stands on is drawn for each round and recorded. The verdict is kept on both
traces, as assessments named `side_by_side`; a changed mind overrides them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.models import User
from chat import turns
from chat.linking import own_trace_of
from chat.models import Comparison, Conversation, Endpoint, Round, Turn
from chat.naming import names_itself
from chat.tracing import trace_id_of
from traces.announcing import announce_assessed
from traces.models import Assessment, Trace

NAME = "side_by_side"  # of the assessments
Side = Literal["left", "right"]
Verdict = Literal["left", "right", "tie", "both_bad"]
Choice = Round.Choice

REASONS = {  # what is kept → what is read
    "more_correct": _("More correct"),
    "more_complete": _("More complete"),
    "clearer": _("Clearer"),
    "better_sources": _("Better sources"),
    "shorter": _("Shorter"),
    "better_tone": _("Better tone"),
    "made_up": _("The other made things up"),
    "off_topic": _("The other missed the question"),
}
FAULTS = {  # where neither won
    "both_wrong": _("Wrong"),
    "both_incomplete": _("Incomplete"),
    "both_made_up": _("Made up"),
    "both_off_topic": _("Missed the question"),
    "both_unclear": _("Unclear"),
}
SAID = {  # value on the first's trace, and on the second's
    Choice.FIRST: ("better", "worse"),
    Choice.SECOND: ("worse", "better"),
    Choice.TIE: ("tie", "tie"),
    Choice.BOTH_BAD: ("both bad", "both bad"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the two answers of a round, where it stands."""

    side: Side
    turn: Turn
    is_winner: bool

    @property
    def endpoint(self) -> Endpoint:
        endpoint: Endpoint = self.turn.conversation.endpoint
        return endpoint

    @property
    def name(self) -> str:
        """The endpoint with the version that it had when it answered."""
        return f"{self.endpoint.name} {self.turn.endpoint_version or self.endpoint.version}".strip()


def answers_of(round_: Round) -> list[Answer]:
    """Return the answers, left one first. `first_turn` and `second_turn` must be at hand, with their endpoints."""
    is_left = round_.first_is_left
    first = Answer("left" if is_left else "right", round_.first_turn, round_.choice == Choice.FIRST)
    second = Answer("right" if is_left else "left", round_.second_turn, round_.choice == Choice.SECOND)
    return [first, second] if is_left else [second, first]


def verdict_of(round_: Round) -> Verdict | Literal[""]:
    """Return the verdict as the person gave it, by sides."""
    match round_.choice:
        case Choice.FIRST:
            return "left" if round_.first_is_left else "right"
        case Choice.SECOND:
            return "right" if round_.first_is_left else "left"
        case Choice.TIE:
            return "tie"
        case Choice.BOTH_BAD:
            return "both_bad"
    return ""


def choice_of(round_: Round, verdict: Verdict) -> Choice:
    if verdict in ("tie", "both_bad"):
        return Choice(verdict)
    return Choice.FIRST if (verdict == "left") == round_.first_is_left else Choice.SECOND


@transaction.atomic
def begin(user: User, first: Endpoint, second: Endpoint, *, draft: str = "") -> Comparison:
    """Make the comparison and its two conversations, which are in nobody's list."""
    talks = [
        Conversation.objects.create(endpoint=each, user=user, is_listed=False, draft=draft) for each in (first, second)
    ]
    return Comparison.objects.create(user=user, first=talks[0], second=talks[1])


@transaction.atomic
def ask(comparison: Comparison, *, message: str, left: UUID, right: UUID) -> Round:
    """Put one message to both, and draw who answers on which side; `left` and `right` are the new turns' ids.

    Sent twice, it makes one round. The caller starts the turns.
    Raises: chat.turns.TurnRefused, TurnTaken.
    """
    locked = Comparison.objects.select_for_update().select_related("first", "second").get(pk=comparison.pk)
    again = locked.rounds.filter(Q(first_turn__in=[left, right]) | Q(second_turn__in=[left, right])).first()
    if again is not None:
        return again
    first_is_left = bool(secrets.randbelow(2))
    ids = (left, right) if first_is_left else (right, left)
    first, second = (
        turns.ask(talk, turn_id=turn_id, message=message, parent=talk.leaf)
        for talk, turn_id in zip((locked.first, locked.second), ids, strict=True)
    )
    locked.title = locked.title or Truncator(first.message.strip()).chars(80)
    locked.updated_at = timezone.now()
    locked.save(update_fields=["title", "updated_at"])
    number = (locked.rounds.aggregate(last=Max("number"))["last"] or 0) + 1
    return locked.rounds.create(number=number, first_turn=first, second_turn=second, first_is_left=first_is_left)


@transaction.atomic
def judge(round_: Round, verdict: Verdict) -> None:
    """Keep a verdict, or another one; the reasons were for the old one, so they go with it."""
    locked = Round.objects.select_for_update().get(pk=round_.pk)
    choice, now = choice_of(locked, verdict), timezone.now()
    if locked.choice != choice:
        if locked.choice:
            locked.changed_at, locked.reasons = now, []
        locked.choice, locked.judged_at = choice, locked.judged_at or now
        locked.save(update_fields=["choice", "judged_at", "changed_at", "reasons"])
    settle(locked)
    round_.refresh_from_db(fields=["choice", "judged_at", "changed_at", "reasons", "names_showed"])


@transaction.atomic
def explain(round_: Round, reasons: Sequence[str], comment: str, *, settles: bool = True) -> None:
    """Keep why, after the verdict; `settles` when it is said to the end, and so goes to the traces."""
    round_.reasons, round_.comment = list(reasons), comment
    round_.save(update_fields=["reasons", "comment"])
    if settles:
        settle(round_)


@transaction.atomic
def settle(round_: Round) -> None:
    """Bring the traces in line with the verdict. A turn that is not recorded yet gets it once it is."""
    parts = ("comparison__user", "first_turn__conversation__endpoint", "second_turn__conversation__endpoint",
             "first_turn__trace", "second_turn__trace")  # fmt: skip
    locked = Round.objects.select_for_update(of=("self",)).select_related(*parts).get(pk=round_.pk)
    if not locked.names_showed and names_itself(locked.first_turn, locked.second_turn):
        locked.names_showed = True
        locked.save(update_fields=["names_showed"])
    if not locked.choice:
        return
    values = SAID[Choice(locked.choice)]
    for turn, value in zip((locked.first_turn, locked.second_turn), values, strict=True):
        for trace in traces_of(turn):
            say(locked, turn, trace, value)


def traces_of(turn: Turn) -> list[Trace]:
    """Return where it is said: our record, and the application's own trace, each if it is here."""
    return [trace for trace in (turn.trace, own_trace_of(turn)) if trace is not None]


def say(round_: Round, turn: Turn, trace: Trace, value: str) -> None:
    """Keep one answer's side of the verdict on its trace, over what was said before."""
    metadata, rationale = metadata_of(round_, turn), rationale_of(round_)
    of_round = {"metadata__reviewapp.round": metadata["reviewapp.round"]}
    old = Assessment.objects.filter(trace=trace, name=NAME, valid=True, **of_round).first()
    if old is None:
        new = Assessment.objects.create(
            trace=trace, kind=Assessment.Kind.FEEDBACK, name=NAME, value=value, rationale=rationale,
            source_type=Assessment.SourceType.HUMAN, source_id=round_.comparison.user.email, metadata=metadata,
        )  # fmt: skip
        announce_assessed([new.pk])
    elif (old.value, old.rationale, old.metadata) != (value, rationale, metadata):
        new = old.override(value=value, rationale=rationale, metadata=metadata)
        announce_assessed([old.pk, new.pk])


def rationale_of(round_: Round) -> str:
    words = REASONS | FAULTS
    with override(settings.LANGUAGE_CODE):  # the trace's, whoever looks at it
        reasons = ", ".join(str(words[reason]) for reason in round_.reasons if reason in words)
    return "\n".join(part for part in (reasons, round_.comment) if part)


def metadata_of(round_: Round, turn: Turn) -> dict[str, Any]:
    """Say where a verdict comes from, in strings, as MLflow's assessments have them."""
    mine, other = sorted(answers_of(round_), key=lambda answer: answer.turn.pk != turn.pk)
    return {
        "reviewapp.comparison": str(round_.comparison_id),
        "reviewapp.round": str(round_.pk),
        "reviewapp.side": mine.side,
        "reviewapp.other_trace": other.turn.trace_id or trace_id_of(other.turn),
        "reviewapp.other_endpoint": other.name,
        "reviewapp.reasons": json.dumps(round_.reasons),
        "reviewapp.names_showed": str(round_.names_showed).lower(),
    }
