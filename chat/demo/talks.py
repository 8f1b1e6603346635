"""The talks and the comparison of chats.yaml, as if people had had them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from chat import comparing, judging
from chat.demo.telling import Teller
from chat.models import Comparison, Conversation, Endpoint, Judgement, Turn
from chat.models.judgements import THUMBS
from labeling.demo.loading import by_day
from labeling.models import LabelSchema
from traces.models import Assessment

Plan = dict[str, Any]  # an entry of chats.yaml
BETWEEN = timedelta(seconds=75)  # one message and the next
THINKS = timedelta(seconds=40)  # before judging


class Past:
    """What they are made of. `schemas` are the questions by name, `endpoints` by their key."""

    def __init__(self, endpoints: dict[str, Endpoint], schemas: dict[str, LabelSchema]) -> None:
        self.endpoints = endpoints
        self.schemas = schemas
        self.teller = Teller()
        self.now = timezone.now().replace(microsecond=0)

    def had(self, plan: Plan) -> Conversation:
        """Let a person talk with an endpoint, and judge what they judged."""
        user = User.objects.get(email=plan["by"])
        at = by_day(self.now - timedelta(hours=plan["hours_ago"]))
        talk = self.begun(plan["with"], user, at, title=plan["title"])
        for number, entry in enumerate(plan["turns"]):
            turn = self.teller.tell(talk, entry["message"], at + number * BETWEEN)
            self.judge(turn, user, entry)
        self.judge(talk, user, plan)
        return talk

    def begun(self, key: str, user: User, at: datetime, **fields: Any) -> Conversation:
        return Conversation.objects.create(endpoint=self.endpoints[key], user=user, created_at=at, **fields)

    def judge(self, about: Turn | Conversation, user: User, plan: Plan) -> None:
        if isinstance(about, Turn) and "thumbs" in plan:
            judging.say(about, user, THUMBS, plan["thumbs"], rationale=plan.get("comment", ""))
        if isinstance(about, Turn) and "better" in plan:
            judging.better_answer(about, user, plan["better"])
        for name, value in plan.get("answers", {}).items():
            schema = self.schemas[name]
            judging.say(about, user, name, value, kind=schema.type, version=schema.current)
        date_back(about)

    def compared(self, plan: Plan) -> Comparison:
        """Let a person talk with two endpoints at once, and say which answers are better."""
        user = User.objects.get(email=plan["by"])
        at = by_day(self.now - timedelta(hours=plan["hours_ago"]))
        talks = [self.begun(plan[side], user, at, is_listed=False) for side in ("first", "second")]
        comparison = Comparison.objects.create(
            user=user, first=talks[0], second=talks[1], title=plan["title"], created_at=at
        )
        for number, entry in enumerate(plan["rounds"], start=1):
            asked = at + number * BETWEEN
            first, second = (self.teller.tell(talk, entry["message"], asked) for talk in talks)
            self.decide(comparison, number, first, second, entry)
        comparison.updated_at = asked
        comparison.save(update_fields=["updated_at"])
        return comparison

    def decide(self, comparison: Comparison, number: int, first: Turn, second: Turn, plan: Plan) -> None:
        asked = first.started_at
        around = comparison.rounds.create(
            number=number,
            first_turn=first,
            second_turn=second,
            first_is_left=plan["first_is_left"],
            choice=plan.get("choice", ""),
            reasons=plan.get("reasons", []),
            comment=plan.get("comment", ""),
            judged_at=asked + THINKS if "choice" in plan else None,
        )
        comparing.settle(around)
        said = Assessment.objects.filter(trace__turn__in=[first, second])
        said.update(created_at=asked + THINKS, updated_at=asked + THINKS)


def date_back(about: Turn | Conversation) -> None:
    """Let the judgements on it have been made soon after it; the verbs know only now."""
    if isinstance(about, Turn):
        judgements, at = Judgement.objects.filter(turn=about), about.started_at + THINKS
    else:
        judgements, at = Judgement.objects.filter(conversation=about, turn=None), about.updated_at + THINKS
    Assessment.objects.filter(judgement__in=judgements).update(created_at=at, updated_at=at)
