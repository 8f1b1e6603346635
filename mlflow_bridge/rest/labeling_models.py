"""What MLflow's review apps and labeling sessions have, and ours have no place for."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Endpoint
from labeling.models import LabelingSession
from traces.models import Experiment


class Agent(models.Model):
    """One of the chat's endpoints, under the name that code has for it in the review app of an experiment."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="agents", verbose_name=_("experiment")
    )
    name = models.CharField(_("name"), max_length=250)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="agents", verbose_name=_("endpoint"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["experiment", "name"], name="agent_once")]

    def __str__(self) -> str:
        return self.name


class CodedSession(models.Model):
    """What code says about a session that it made; such a session opens by itself when nothing is missing.

    One that code deleted after somebody had begun has `deleted_at`: it is hidden from code, and its reviews stay.
    With `enable_multi_turn_chat` its people may also chat with the agent. `custom_inputs` go to the agent as they are.
    """

    session = models.OneToOneField(
        LabelingSession, on_delete=models.CASCADE, primary_key=True, related_name="coded", verbose_name=_("session")
    )
    agent = models.ForeignKey(
        Agent, on_delete=models.SET_NULL, null=True, blank=True, related_name="sessions", verbose_name=_("agent")
    )
    enable_multi_turn_chat = models.BooleanField(_("its people may chat with the agent"), default=False)
    custom_inputs = models.JSONField(_("custom inputs"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("session made by code")
        verbose_name_plural = _("sessions made by code")

    def __str__(self) -> str:
        return str(self.session)
