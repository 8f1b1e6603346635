"""What an endpoint asks about its answers and about whole conversations, as labeling's pages arrange it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse

from chat.models import Endpoint, EndpointQuestion
from labeling.conditions import without_broken_conditions
from labeling.library import schema_for
from labeling.models import QuestionSpec
from labeling.models.questions import check_questions
from traces.models import Experiment

About = EndpointQuestion.About


@dataclass(frozen=True)
class EndpointAsking:
    """The questions of one endpoint about each answer, or about the conversation."""

    endpoint: Endpoint
    about: About

    @property
    def experiment(self) -> Experiment:
        return self.endpoint.experiment

    @property
    def address(self) -> str:
        return reverse("chat:endpoint-questions", args=[self.endpoint.pk, self.about])

    @property
    def page(self) -> str:
        return reverse("chat:endpoint", args=[self.endpoint.pk])

    @property
    def part(self) -> str:
        return f"part-{self.about}"

    @property
    def ids(self) -> str:
        return f"{self.about}-"

    def lock(self) -> None:
        Endpoint.objects.select_for_update(no_key=True).get(pk=self.endpoint.pk)

    def questions(self) -> list[EndpointQuestion]:
        asked = self.endpoint.questions.filter(about=self.about).order_by("position")
        return list(asked.select_related("schema__current", "schema__experiment"))

    @transaction.atomic
    def set_questions(self, specs: Sequence[QuestionSpec]) -> None:
        check_questions(self.experiment, specs)
        mine = self.endpoint.questions.filter(about=self.about)
        mine.exclude(schema__in=[spec.schema for spec in specs]).delete()
        for position, spec in enumerate(specs, start=1):
            said = {"position": position, "is_required": spec.is_required, "show_if": spec.show_if}
            mine.update_or_create(endpoint=self.endpoint, about=self.about, schema=spec.schema, defaults=said)

    def bring_to_experiment(self) -> None:
        """Ask the same in the endpoint's experiment, once it has moved there."""
        specs = [
            QuestionSpec(schema_for(self.experiment, each.schema, by=None), each.is_required, each.show_if)
            for each in self.questions()
        ]
        self.set_questions(without_broken_conditions(specs))


def askings_of(endpoint: Endpoint) -> list[EndpointAsking]:
    return [EndpointAsking(endpoint, About.ANSWER), EndpointAsking(endpoint, About.CONVERSATION)]
