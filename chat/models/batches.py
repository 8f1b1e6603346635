"""Questions that an endpoint is to answer, so that experts can judge the answers in a labeling session."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models.conversations import Turn
from chat.models.endpoints import Endpoint
from labeling.models import LabelingSession


class Batch(models.Model):
    """Some questions for one endpoint; each answer becomes an item of the session."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        LabelingSession, on_delete=models.CASCADE, related_name="batches", verbose_name=_("labeling session")
    )
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="batches", verbose_name=_("endpoint"))
    # Goes with each question: see Conversation.
    custom_inputs = models.JSONField(_("custom inputs"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("created by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("batch of questions")
        verbose_name_plural = _("batches of questions")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.endpoint} → {self.session}"


class BatchQuestion(models.Model):
    """One input without an answer. `expectations` come with it, e.g. {"expected_response": …}."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="questions", verbose_name=_("batch"))
    position = models.PositiveIntegerField(_("position"))
    messages = models.JSONField(_("messages"))  # [{role, content}], the last one the user's
    expectations = models.JSONField(_("expectations"), default=dict, blank=True)
    turn = models.OneToOneField(
        Turn, on_delete=models.SET_NULL, null=True, blank=True, related_name="batch_question", verbose_name=_("turn")
    )

    class Meta:
        verbose_name = _("question of a batch")
        verbose_name_plural = _("questions of a batch")
        ordering = ["batch", "position"]
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="batch_question_once")]

    def __str__(self) -> str:
        return f"{self.position}"
