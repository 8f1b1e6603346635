"""Endpoints: versions of an application that people can talk to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from labeling.models import LabelSchema
from reviewapp.lib.sealing import seal, unseal
from traces.models import Experiment


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint as the wire needs it, its secret opened. Never logged: `repr` leaves the secret out."""

    protocol: str
    url: str
    model: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    system_prompt: str = ""
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)
    options: dict[str, Any] = field(default_factory=dict)
    first_byte_timeout_s: float = 60
    idle_timeout_s: float = 60
    total_timeout_s: float = 600


class Endpoint(models.Model):
    """One version of an application behind one address. Only managers and admins choose addresses."""

    class Protocol(models.TextChoices):
        OPENAI_CHAT = "openai-chat", _("OpenAI Chat Completions")
        OPENAI_RESPONSES = "openai-responses", _("OpenAI Responses")
        MLFLOW_RESPONSES = "mlflow-responses", _("MLflow ResponsesAgent (AgentServer, Databricks)")
        MLFLOW_CHAT = "mlflow-chat", _("MLflow ChatAgent")
        ANTHROPIC = "anthropic", _("Anthropic Messages")
        OLLAMA = "ollama", _("Ollama")
        AG_UI = "ag-ui", _("AG-UI")
        JSON = "json", _("Plain JSON")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=250)
    version = models.CharField(_("version"), max_length=100, blank=True)
    protocol = models.CharField(_("protocol"), max_length=20, choices=Protocol, default=Protocol.OPENAI_CHAT)
    url = models.CharField(_("address"), max_length=2000)
    model = models.CharField(_("model"), max_length=250, blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)  # into the request's body, as they are
    system_prompt = models.TextField(_("system prompt"), blank=True)
    headers = models.JSONField(_("headers"), default=dict, blank=True)  # str → str
    sealed_secret = models.TextField(editable=False, blank=True)
    # Of one protocol: for `json` the paths of question, answer, history …; see chat/protocols/.
    options = models.JSONField(_("options"), default=dict, blank=True)
    first_byte_timeout_s = models.PositiveIntegerField(_("wait for the first word (s)"), default=60)
    idle_timeout_s = models.PositiveIntegerField(_("wait for the next word (s)"), default=60)
    total_timeout_s = models.PositiveIntegerField(_("longest answer (s)"), default=600)
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="endpoints", verbose_name=_("experiment")
    )
    suggestions = models.JSONField(_("suggested first messages"), default=list, blank=True)  # list of str
    is_for_everybody = models.BooleanField(_("everybody may chat"), default=False)
    people = models.ManyToManyField(User, related_name="endpoints", blank=True, verbose_name=_("who may chat"))
    # Where the application says the id of its own trace, besides the places that are always looked at.
    trace_id_paths = models.JSONField(_("trace id in the body"), default=list, blank=True)  # list of dotted paths
    trace_id_headers = models.JSONField(_("trace id in headers"), default=list, blank=True)  # list of names
    sends_traceparent = models.BooleanField(_("send traceparent"), default=False)
    # What the last test message brought, as chat.trying keeps it; nothing once the way to the endpoint has changed.
    last_test = models.JSONField(_("last test"), default=dict, blank=True, editable=False)
    tested_at = models.DateTimeField(_("tested"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        ordering = ["name", "version"]
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="endpoint_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def has_secret(self) -> bool:
        return bool(self.sealed_secret)

    def set_secret(self, secret: str) -> None:
        """Seal a secret, not yet saved; an empty one takes the old one away."""
        self.sealed_secret = seal(secret)

    def target(self) -> Target:
        """Return what a call needs. Raises: reviewapp.lib.sealing.CannotOpen."""
        return Target(
            protocol=self.protocol,
            url=self.url,
            model=self.model,
            parameters=self.parameters,
            system_prompt=self.system_prompt,
            headers=self.headers,
            secret=unseal(self.sealed_secret),
            options=self.options,
            first_byte_timeout_s=self.first_byte_timeout_s,
            idle_timeout_s=self.idle_timeout_s,
            total_timeout_s=self.total_timeout_s,
        )


class EndpointQuestion(models.Model):
    """A question in its place under each answer, or under the whole conversation.

    Reads like labeling.models.SessionQuestion, so that a Questionnaire takes either.
    """

    class About(models.TextChoices):
        ANSWER = "answer", _("Each answer")
        CONVERSATION = "conversation", _("The conversation")

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="questions", verbose_name=_("endpoint")
    )
    schema = models.ForeignKey(LabelSchema, on_delete=models.PROTECT, related_name="+", verbose_name=_("question"))
    about = models.CharField(_("about"), max_length=12, choices=About, default=About.ANSWER)
    position = models.PositiveIntegerField(_("position"))
    is_required = models.BooleanField(_("required"), default=False)
    show_if = models.JSONField(_("shown only if"), default=dict, blank=True)

    class Meta:
        verbose_name = _("question of an endpoint")
        verbose_name_plural = _("questions of an endpoint")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "schema", "about"], name="endpoint_question_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.schema}"
