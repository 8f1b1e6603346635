"""Experiments, and what happened in them by day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Experiment(models.Model):
    """A box of traces and questions: one application, or one line of work. `0` is MLflow's Default."""

    name = models.CharField(_("name"), max_length=250, unique=True)
    description = models.TextField(_("description"), blank=True)
    tags = models.JSONField(_("tags"), default=dict, blank=True)
    # What is masked in all that comes in, as traces.redaction.rules keeps it; it costs a request no query of its own.
    redaction = models.JSONField(_("masked before storing"), default=list, blank=True, editable=False)
    keep_days = models.PositiveIntegerField(_("keep traces for days"), null=True, blank=True)
    keep_traces = models.PositiveIntegerField(_("keep at most traces"), null=True, blank=True)
    deletes_assessed = models.BooleanField(_("also delete traces that were assessed"), default=False)
    deletes_needed = models.BooleanField(_("also delete traces of sessions and chats"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(keep_days__gte=1, keep_traces__gte=1)
                | Q(keep_days=None, keep_traces__gte=1)
                | Q(keep_days__gte=1, keep_traces=None)
                | Q(keep_days=None, keep_traces=None),
                name="experiment_keeps_something",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("traces:experiment", args=[self.pk])


class DailyCount(models.Model):
    """How much of something happened in an experiment on a day (UTC): texts masked by a rule, traces deleted."""

    class Deed(models.TextChoices):
        MASKED = "masked", _("Masked")
        DELETED = "deleted", _("Deleted")

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="daily_counts", verbose_name=_("experiment")
    )
    deed = models.CharField(_("what happened"), max_length=10, choices=Deed)
    label = models.CharField(_("why"), max_length=40)  # the rule's name; age or number
    day = models.DateField(_("day"))
    n = models.BigIntegerField(_("how often"))

    class Meta:
        verbose_name = _("daily count")
        verbose_name_plural = _("daily counts")
        constraints = [models.UniqueConstraint(fields=["experiment", "deed", "day", "label"], name="daily_count_once")]

    def __str__(self) -> str:
        return f"{self.deed} {self.label} {self.day}: {self.n}"
