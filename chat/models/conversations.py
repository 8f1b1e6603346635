"""Conversations as trees of turns, and the log of a turn while it is answered."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models.endpoints import Endpoint, Target
from traces.models import Trace


class Conversation(models.Model):
    """One person's talk with one endpoint. `leaf` is the last turn of the branch that is shown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="conversations", verbose_name=_("endpoint")
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="conversations", verbose_name=_("person"))
    title = models.CharField(_("title"), max_length=250, blank=True)
    leaf = models.ForeignKey(
        "Turn", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("shown to here")
    )
    draft = models.TextField(_("draft"), blank=True)  # what is typed and not yet sent
    # A half of a comparison, or made for a batch, is not in anybody's list of conversations.
    is_listed = models.BooleanField(_("listed"), default=True)
    # An object that goes with each message, as MLflow's agents take it; null: nothing.
    custom_inputs = models.JSONField(_("custom inputs"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last turn"), default=timezone.now)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-updated_at"]
        indexes = [
            models.Index(fields=["user", "-updated_at"], name="conversation_of_person", condition=Q(is_listed=True)),
            models.Index(fields=["endpoint", "-updated_at"], name="conversation_by_endpoint"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.endpoint)

    def get_absolute_url(self) -> str:
        return reverse("chat:conversation", args=[self.pk])

    def target(self) -> Target:
        """Return what a call needs. Raises: chat.sealing.CannotOpen."""
        target = self.endpoint.target()
        if self.custom_inputs is None:
            return target
        return replace(target, parameters={**target.parameters, "custom_inputs": self.custom_inputs})


class Turn(models.Model):
    """A message and the answer to it. Its id is the browser's, so that a resend can't make two.

    Turns with the same parent are versions of each other: an answer made again, or a message edited.
    Nothing is ever overwritten, so a judgement stays with its answer.

    running      its runner is alive: `heartbeat_at` says when it was last seen
    complete     the endpoint marked the end (`finish_reason` says how)
    unmarked     the stream ended cleanly, but without a mark: perhaps all, perhaps not
    stopped      by the person; what came is kept
    cut_off      the connection broke; what came is kept
    failed       the endpoint, or the way to it, failed: `failure`
    interrupted  this server went away while it ran; what came is kept
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Answering")
        COMPLETE = "complete", _("Answered")
        UNMARKED = "unmarked", _("Ended without a mark")
        STOPPED = "stopped", _("Stopped")
        CUT_OFF = "cut_off", _("Cut off")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")

    class Link(models.TextChoices):
        """Whether the application's own trace is known; ladder: docs/architecture.md."""

        NONE = "", _("Our record only")
        WAITING = "waiting", _("Not here yet")
        JOINED = "joined", _("In one trace with ours")
        FOUND = "found", _("Found")
        MISSING = "missing", _("Never came")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="turns", verbose_name=_("conversation")
    )
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children", verbose_name=_("follows")
    )
    message = models.TextField(_("message"))
    images = models.JSONField(_("images"), default=list, blank=True)  # data: addresses
    state = models.CharField(_("state"), max_length=11, choices=State, default=State.RUNNING)
    # The answer, as far as it came.
    text = models.TextField(_("answer"), blank=True)
    reasoning = models.TextField(_("reasoning"), blank=True)
    refusal = models.TextField(_("refusal"), blank=True)
    steps = models.JSONField(_("steps"), default=list, blank=True)  # [{call_id, name, arguments, output, error, …_ms}]
    sources = models.JSONField(_("sources"), default=list, blank=True)  # [{title, text, url, doc_id, score}]
    usage = models.JSONField(_("usage"), default=dict, blank=True)  # {input_tokens, output_tokens, total_tokens}
    finish_reason = models.CharField(_("finish reason"), max_length=20, blank=True)
    failure = models.JSONField(_("failure"), default=dict, blank=True)  # chat.events.Failed as JSON
    upstream_id = models.CharField(_("endpoint's id"), max_length=250, blank=True)
    model = models.CharField(_("model"), max_length=250, blank=True)  # as the endpoint names it
    endpoint_version = models.CharField(_("endpoint version"), max_length=100, blank=True)  # at that time
    started_at = models.DateTimeField(_("asked"), default=timezone.now)
    first_text_ms = models.PositiveIntegerField(_("time to first word (ms)"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), default=timezone.now, editable=False)
    stop_asked_at = models.DateTimeField(_("stop asked"), null=True, blank=True, editable=False)
    n_events = models.PositiveIntegerField(default=0, editable=False)  # the log's last number
    # The record of what was seen, and the application's own trace where it is another one.
    trace = models.OneToOneField(
        Trace, on_delete=models.SET_NULL, null=True, blank=True, related_name="turn", verbose_name=_("trace")
    )
    trace_span_id = models.CharField(max_length=16, blank=True, editable=False)  # sent as traceparent, hex
    own_trace_id = models.CharField(_("application's trace"), max_length=250, blank=True)
    link = models.CharField(_("application's trace"), max_length=8, choices=Link, blank=True, default=Link.NONE)

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        ordering = ["started_at", "id"]
        indexes = [
            models.Index(fields=["conversation", "started_at"], name="turn_of_conversation"),
            models.Index(fields=["heartbeat_at"], name="turn_running", condition=Q(state="running")),
            models.Index(fields=["own_trace_id"], name="turn_by_own_trace", condition=~Q(own_trace_id="")),
            models.Index(fields=["started_at"], name="turn_waiting_for_trace", condition=Q(link="waiting")),
        ]

    def __str__(self) -> str:
        return self.message[:80]

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def duration_s(self) -> float | None:
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


class TurnChunk(models.Model):
    """Some events of a running turn, written together: what another process, or this one after a crash, reads.

    They go once the turn has ended: its row then says it all.
    """

    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="chunks", verbose_name=_("turn"))
    first = models.PositiveIntegerField()  # number of the first event, from 1
    last = models.PositiveIntegerField()
    events = models.JSONField()  # chat.events.as_json of each

    class Meta:
        verbose_name = _("piece of a turn")
        verbose_name_plural = _("pieces of a turn")
        ordering = ["turn", "first"]
        constraints = [models.UniqueConstraint(fields=["turn", "first"], name="turn_chunk_once")]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"
