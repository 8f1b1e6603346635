"""A list of questions and how managers arrange it: a session's, or another room's that asks the same kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from django.db import transaction
from django.urls import reverse

from labeling.answers import AskedQuestion
from labeling.conditions import condition_from, without_broken_conditions
from labeling.library import questions_of
from labeling.models import LabelingSession, LabelSchema, QuestionSpec, SessionQuestion
from traces.models import Experiment

Specs = list[QuestionSpec]


class Asking(Protocol):
    """Something that asks questions in an order."""

    @property
    def experiment(self) -> Experiment: ...

    @property
    def address(self) -> str:
        """Where its changes are posted; see labeling.views.arranging."""

    @property
    def page(self) -> str:
        """The page that it stands on."""

    @property
    def part(self) -> str:
        """The id of its place there."""

    @property
    def ids(self) -> str:
        """Goes before the ids of its elements, so that two lists can stand on one page."""

    def lock(self) -> None:
        """Let one manager change it after the other, within a transaction."""

    def questions(self) -> Sequence[AskedQuestion]: ...

    def set_questions(self, specs: Sequence[QuestionSpec]) -> None:
        """Ask these, in this order, and no others. Raises: ValidationError."""


@dataclass(frozen=True)
class SessionAsking:
    """What a labeling session asks about every item."""

    session: LabelingSession
    ids = ""
    part = "part-questions"

    @property
    def experiment(self) -> Experiment:
        return self.session.experiment

    @property
    def address(self) -> str:
        return reverse("labeling:setup-questions", args=[self.session.pk])

    @property
    def page(self) -> str:
        return reverse("labeling:setup", args=[self.session.pk])

    def lock(self) -> None:
        LabelingSession.objects.select_for_update(no_key=True).get(pk=self.session.pk)

    def questions(self) -> list[SessionQuestion]:
        return questions_of(self.session)

    def set_questions(self, specs: Sequence[QuestionSpec]) -> None:
        self.session.set_questions(specs)


@transaction.atomic
def rearrange(asking: Asking, change: Callable[[Specs], Specs]) -> list[str]:
    """Put `change` of the questions in their place.

    Return the titles of those that lost their condition, because what they depended on is not above them now.
    """
    asking.lock()
    wanted = change([QuestionSpec(each.schema, each.is_required, each.show_if) for each in asking.questions()])
    kept = without_broken_conditions(wanted)
    asking.set_questions(kept)
    return [
        str(old.schema.current.title)
        for old, new in zip(wanted, kept, strict=True)
        if old.show_if != new.show_if and old.schema.current
    ]


def append(asking: Asking, schema: LabelSchema) -> None:
    """Ask it last, if it is not asked yet."""

    def change(specs: Specs) -> Specs:
        return specs if any(spec.schema == schema for spec in specs) else [*specs, QuestionSpec(schema)]

    rearrange(asking, change)


def remove(asking: Asking, schema_id: str) -> list[str]:
    return rearrange(asking, lambda specs: [spec for spec in specs if spec.schema.pk != schema_id])


def move(asking: Asking, schema_id: str, step: int) -> list[str]:
    """Raises: LookupError."""

    def change(specs: Specs) -> Specs:
        at = place_of(specs, schema_id)
        specs.insert(max(0, at + step), specs.pop(at))
        return specs

    return rearrange(asking, change)


def order(asking: Asking, schema_ids: Sequence[str]) -> list[str]:
    """Questions that are not named come last."""
    wanted = {schema_id: place for place, schema_id in enumerate(schema_ids)}
    return rearrange(asking, lambda specs: sorted(specs, key=lambda spec: wanted.get(spec.schema.pk, len(wanted))))


def settle(asking: Asking, schema_id: str, *, is_required: bool, depends_on: str, raw: Sequence[str]) -> bool:
    """Say whether an answer is needed, and for which answers `raw` to which question it is asked.

    Return whether it waits for an answer to be ticked: until then the condition stays as it was. Raises: LookupError.
    """
    is_pending = bool(depends_on) and not raw

    def change(specs: Specs) -> Specs:
        at = place_of(specs, schema_id)
        above = {spec.schema.name: spec.schema for spec in specs[:at]}
        show_if = condition_from(above[depends_on], raw) if depends_on in above else {}
        show_if = specs[at].show_if if is_pending else show_if
        specs[at] = replace(specs[at], is_required=is_required, show_if=show_if)
        return specs

    rearrange(asking, change)
    return is_pending


def place_of(specs: Specs, schema_id: str) -> int:
    for place, spec in enumerate(specs):
        if spec.schema.pk == schema_id:
            return place
    raise LookupError("this question is not asked here")
