"""Two endpoints, or two versions, side by side."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models.conversations import Conversation, Turn


class Comparison(models.Model):
    """One person's talk with two endpoints at once: a conversation with each, unnamed until judged."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="comparisons", verbose_name=_("person"))
    first = models.OneToOneField(
        Conversation, on_delete=models.PROTECT, related_name="compared_first", verbose_name=_("first")
    )
    second = models.OneToOneField(
        Conversation, on_delete=models.PROTECT, related_name="compared_second", verbose_name=_("second")
    )
    title = models.CharField(_("title"), max_length=250, blank=True)
    created_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last round"), default=timezone.now)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("comparison")
        verbose_name_plural = _("comparisons")
        ordering = ["-updated_at"]

    def __str__(self) -> str:
        return self.title or f"{self.first.endpoint} / {self.second.endpoint}"

    def get_absolute_url(self) -> str:
        return reverse("chat:comparison", args=[self.pk])


class Round(models.Model):
    """One message, the two answers, and the verdict. Sides are drawn anew for each round, and recorded."""

    class Choice(models.TextChoices):
        FIRST = "first", _("The first")
        SECOND = "second", _("The second")
        TIE = "tie", _("Equally good")
        BOTH_BAD = "both_bad", _("Both bad")

    comparison = models.ForeignKey(
        Comparison, on_delete=models.CASCADE, related_name="rounds", verbose_name=_("comparison")
    )
    number = models.PositiveIntegerField(_("number"))
    first_turn = models.OneToOneField(Turn, on_delete=models.PROTECT, related_name="round_as_first")
    second_turn = models.OneToOneField(Turn, on_delete=models.PROTECT, related_name="round_as_second")
    first_is_left = models.BooleanField(_("first is left"))
    choice = models.CharField(_("choice"), max_length=8, choices=Choice, blank=True)
    reasons = models.JSONField(_("reasons"), default=list, blank=True)  # list of str
    comment = models.TextField(_("comment"), blank=True)
    judged_at = models.DateTimeField(_("judged"), null=True, blank=True)
    # The names were shown by then: such a verdict is counted, and said to be one.
    changed_at = models.DateTimeField(_("verdict changed"), null=True, blank=True)
    names_showed = models.BooleanField(_("an answer named its maker"), default=False)  # then it is not counted

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        ordering = ["comparison", "number"]
        constraints = [models.UniqueConstraint(fields=["comparison", "number"], name="round_once")]

    def __str__(self) -> str:
        return f"{self.comparison} · {self.number}"
