"""Rules that fill a session again and again."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from labeling.models.sessions import LabelingSession
from traces.models import Trace


class StandingRuleQuerySet(models.QuerySet["StandingRule"]):
    def due(self) -> Self:
        return self.filter(is_on=True, next_run_at__lte=timezone.now())


class StandingRule(models.Model):
    """Send to a session every trace that meets a filter and a random share of the rest, hourly or daily."""

    class Every(models.TextChoices):
        HOUR = "hour", _("Every hour")
        DAY = "day", _("Every day")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        LabelingSession, on_delete=models.CASCADE, related_name="standing_rules", verbose_name=_("session")
    )
    filter = models.TextField(_("always those that meet"), blank=True)  # in MLflow's grammar; empty: none
    days = models.PositiveIntegerField(_("of the last days"), default=7)
    percent = models.FloatField(_("random share of the rest (%)"), default=5)
    seed = models.PositiveIntegerField(_("draw number"))
    every = models.CharField(_("how often"), max_length=4, choices=Every, default=Every.DAY)
    is_on = models.BooleanField(_("on"), default=True)
    next_run_at = models.DateTimeField(_("next run"), default=timezone.now, editable=False)
    last_run_at = models.DateTimeField(_("last run"), null=True, editable=False)
    last_added = models.PositiveIntegerField(_("added by the last run"), default=0, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    n_added = models.PositiveIntegerField(_("added"), default=0, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[models.Manager[StandingRule]] = StandingRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("standing rule")
        verbose_name_plural = _("standing rules")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.session} · {self.get_every_display()}"

    def get_absolute_url(self) -> str:
        return reverse("labeling:standing-rule", args=[self.pk])

    @property
    def interval(self) -> timedelta:
        return timedelta(hours=1) if self.every == self.Every.HOUR else timedelta(days=1)

    @property
    def is_due(self) -> bool:
        return self.is_on and self.next_run_at <= timezone.now()

    def pause(self) -> None:
        self.is_on = False
        self.save(update_fields=["is_on"])

    def resume(self) -> None:
        """Go on, at once."""
        self.is_on, self.next_run_at = True, timezone.now()
        self.save(update_fields=["is_on", "next_run_at"])

    def take_turn(self) -> bool:
        """Whether this turn is ours: of several workers one gets it."""
        mine = StandingRule.objects.filter(pk=self.pk, is_on=True, next_run_at=self.next_run_at)
        return bool(mine.update(next_run_at=timezone.now() + self.interval))


class StandingPick(models.Model):
    """A trace that a rule has taken: never again, even where a manager has put it out of the session."""

    rule = models.ForeignKey(StandingRule, on_delete=models.CASCADE, related_name="picks", verbose_name=_("rule"))
    trace = models.ForeignKey(Trace, on_delete=models.CASCADE, related_name="+", verbose_name=_("trace"))
    is_random = models.BooleanField(_("by chance"))
    at = models.DateTimeField(_("taken"), default=timezone.now)

    class Meta:
        verbose_name = _("pick")
        verbose_name_plural = _("picks")
        constraints = [models.UniqueConstraint(fields=["rule", "trace"], name="picked_once")]

    def __str__(self) -> str:
        return self.trace_id
