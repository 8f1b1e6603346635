"""What was said about a trace or a span."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from traces.columns import SessionAbout
from traces.models.traces import Trace

Json = dict[str, Any] | list[Any] | str | int | float | bool | None


def new_assessment_id() -> str:
    return f"a-{uuid.uuid4().hex}"


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def valid(self) -> Self:
        """Leave out what a later assessment replaced, and what was deleted."""
        return self.filter(valid=True)

    def kept(self) -> Self:
        """Leave out what was deleted: what other programs are told, valid or not."""
        return self.filter(deleted_at=None)

    def by_people(self) -> Self:
        return self.filter(source_type=Assessment.SourceType.HUMAN)


class Assessment(models.Model):
    """One judgement of one source on a trace or a span: MLflow's Feedback or Expectation.

    Nothing said is destroyed: `override` writes another one and marks this one as not valid, an update
    in place keeps what stood there in `revisions`, and a deleted one stays, not valid, for the history.
    `traces/assessing.py` has the verbs.
    """

    class Kind(models.TextChoices):
        FEEDBACK = "feedback", _("Feedback")  # on what the application did
        EXPECTATION = "expectation", _("Expectation")  # on what it should have done

    class SourceType(models.TextChoices):
        HUMAN = "HUMAN", _("Person")
        LLM_JUDGE = "LLM_JUDGE", _("LLM judge")
        CODE = "CODE", _("Code")

    assessment_id = models.CharField(_("assessment id"), max_length=50, primary_key=True, default=new_assessment_id)
    trace = models.ForeignKey(Trace, on_delete=models.CASCADE, related_name="assessments", verbose_name=_("trace"))
    span_id = models.CharField(_("span id"), max_length=16, blank=True)  # empty: the whole trace
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    name = models.CharField(_("name"), max_length=250)
    value = models.JSONField(_("value"), null=True, blank=True)  # bool, number, string, list or object
    error = models.JSONField(_("error"), null=True, blank=True)  # {error_code, error_message, stack_trace}
    rationale = models.TextField(_("rationale"), blank=True)
    source_type = models.CharField(_("source type"), max_length=10, choices=SourceType)
    source_id = models.CharField(_("source"), max_length=250)  # a person's e-mail, a judge's or program's name
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    overrides = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="overridden_by",
        verbose_name=_("replaces"),
    )
    valid = models.BooleanField(_("valid"), default=True)
    # What an update in place replaced, oldest first: [{name, value, error, rationale, metadata, until (ISO 8601)}];
    # where it was deleted and restored also deleted_by and restored_by.
    revisions = models.JSONField(_("revisions"), default=list, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)
    deleted_by = models.CharField(_("deleted by"), max_length=250, blank=True, editable=False)  # an e-mail
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)

    objects: ClassVar[models.Manager[Assessment]] = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["created_at", "assessment_id"]
        indexes = [
            models.Index(fields=["name", "source_type"], name="assessment_by_name"),
            models.Index(
                SessionAbout(), F("name"), name="assessment_of_session", condition=Q(IsNull(SessionAbout(), False))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value!r}"

    def override(
        self,
        *,
        value: Json,
        rationale: str = "",
        metadata: dict[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Assessment:
        """Write the source's new mind and return it; this one stays, not valid any more."""
        now = at or timezone.now()
        with transaction.atomic():
            Assessment.objects.filter(pk=self.pk).update(valid=False, updated_at=now)
            self.valid = False
            return Assessment.objects.create(
                trace_id=self.trace_id, span_id=self.span_id, kind=self.kind, name=self.name, value=value,
                rationale=rationale, source_type=self.source_type, source_id=self.source_id,
                metadata=self.metadata if metadata is None else metadata, overrides=self, created_at=now,
                updated_at=now,
            )  # fmt: skip
