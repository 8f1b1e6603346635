"""MLflow servers that a team has already, what is taken over from them, and what is on its way to them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Endpoint, Turn
from reviewapp.lib.sealing import seal
from traces.models import Assessment


class Connection(models.Model):
    """A tracking server. Its traces are taken over, and what is said here about them is written to them there.

    So is what is said about answers of `endpoints`, whose traces an application writes there by itself.
    Taking over and writing have a state and a last error each: the one may go on while the other is in trouble.
    """

    EVERY_S = 60
    LOOK_BACK_DAYS = 7

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=250, unique=True)
    tracking_uri = models.CharField(_("tracking URI"), max_length=2000)
    username = models.CharField(_("user name"), max_length=250, blank=True)  # empty: the secret is a token
    sealed_secret = models.TextField(blank=True, editable=False)
    experiment_ids = models.JSONField(_("experiments there"), default=list, blank=True)  # ids, to find traces in
    endpoints = models.ManyToManyField(
        Endpoint, related_name="mlflow_connections", blank=True, verbose_name=_("endpoints whose traces are there")
    )
    is_on = models.BooleanField(_("on"), default=True)
    pulls = models.BooleanField(_("take traces over"), default=False)
    pull_filter = models.CharField(_("only traces with"), max_length=2000, blank=True)  # MLflow's filter grammar
    pull_every_s = models.PositiveIntegerField(_("every … seconds"), default=EVERY_S)
    # Traces this young are looked at again and again: they may come late, and be judged or tagged there.
    look_back_days = models.PositiveSmallIntegerField(_("look again at the last … days"), default=LOOK_BACK_DAYS)
    writes_back = models.BooleanField(_("write what is said here"), default=True)
    pull_due_at = models.DateTimeField(default=timezone.now, editable=False)
    pull_held_until = models.DateTimeField(null=True, editable=False)  # by the worker that is at it
    look_back_due_at = models.DateTimeField(default=timezone.now, editable=False)
    pulled_at = models.DateTimeField(_("last taken over"), null=True, editable=False)
    pull_error = models.TextField(_("last error of taking over"), blank=True, editable=False)
    pull_error_at = models.DateTimeField(null=True, editable=False)
    last_delivered_at = models.DateTimeField(_("last delivered"), null=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("MLflow connection")
        verbose_name_plural = _("MLflow connections")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("mlflow_bridge:connection", args=[self.pk])

    def clean(self) -> None:
        self.tracking_uri = self.tracking_uri.strip().rstrip("/")
        if not self.tracking_uri.startswith(("http://", "https://")):
            raise ValidationError({"tracking_uri": _("Enter an address that begins with http:// or https://.")})

    @property
    def has_secret(self) -> bool:
        return bool(self.sealed_secret)

    def set_secret(self, secret: str) -> None:
        """Seal a password or token, not yet saved."""
        self.sealed_secret = seal(secret)

    @property
    def is_being_pulled(self) -> bool:
        return self.pull_held_until is not None and self.pull_held_until > timezone.now()

    def hold_pull(self, until: datetime) -> bool:
        """Take the turn of pulling, if nobody else is at it."""
        now = timezone.now()
        free = Q(pull_held_until=None) | Q(pull_held_until__lt=now)
        return bool(Connection.objects.filter(free, pk=self.pk).update(pull_held_until=until))

    def end_pull(self, error: str = "") -> None:
        """Give the turn back; `error` is why it ended early."""
        now = timezone.now()
        said: dict[str, Any] = {"pull_error": error, "pull_error_at": now if error else None}
        if not error:
            said["pulled_at"] = now
        due = now + timedelta(seconds=self.pull_every_s)
        Connection.objects.filter(pk=self.pk).update(pull_held_until=None, pull_due_at=due, **said)

    def pull_now(self) -> None:
        """Let the worker begin at once, and look at all that it may look at again."""
        now = timezone.now()
        Connection.objects.filter(pk=self.pk).update(pull_due_at=now, look_back_due_at=now)

    def note_delivery(self) -> None:
        """Remember that the server took something: what was wrong before is over."""
        now = timezone.now()
        Connection.objects.filter(pk=self.pk).update(last_delivered_at=now, last_error="", last_error_at=None)

    def note_reached(self) -> None:
        Connection.objects.filter(pk=self.pk).update(last_error="", last_error_at=None)

    def note_error(self, words: str) -> None:
        Connection.objects.filter(pk=self.pk).update(last_error=words, last_error_at=timezone.now())


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> Self:
        return self.filter(state=Delivery.State.WAITING)

    def due(self, now: datetime) -> Self:
        """Return what may be sent now: nothing of a trace of which something has to wait, so that order is kept."""
        held_up = Delivery.objects.waiting().filter(
            connection=OuterRef("connection"), subject=OuterRef("subject"), next_at__gt=now
        )
        return self.waiting().filter(~Exists(held_up), connection__is_on=True, next_at__lte=now)


class Delivery(models.Model):
    """How one assessment stands on one server: the outbox, written in the transaction of the assessment.

    waiting   what is here is not there yet; it is sent again and again, with growing pauses, while the server is
              away or the trace not there
    sent      there is what is here; so it is with one that came from there, until somebody changes it here
    conflict  somebody changed it there meanwhile: `error` says how, and a person decides
    given_up  the server refused it, or its trace never came; `error` says so

    What is sent is what the assessment is when it is sent: a change while it waits, or while it is sent, makes
    another `change`, and only the change that was sent is marked.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Delivered")
        CONFLICT = "conflict", _("Changed there")
        GIVEN_UP = "given_up", _("Given up")

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("connection")
    )
    assessment = models.ForeignKey(
        Assessment, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("assessment")
    )
    turn = models.ForeignKey(
        Turn, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries", verbose_name=_("turn")
    )
    subject = models.CharField(max_length=50, editable=False)  # our trace's id: deliveries of one stay in order
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    change = models.UUIDField(default=uuid.uuid4, editable=False)
    came = models.BooleanField(_("came from there"), default=False, editable=False)
    was_tried = models.BooleanField(default=False, editable=False)  # perhaps it is there, although nobody noted it
    digest = models.CharField(max_length=64, blank=True, editable=False)  # of what is there, as last seen
    # In a conflict: {digest, name, value, error, rationale, metadata} of what is there; null when it is gone there.
    theirs = models.JSONField(null=True, editable=False)
    is_forced = models.BooleanField(default=False, editable=False)  # a person wants it there, whatever is there
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now, editable=False)
    error = models.TextField(_("error"), blank=True, editable=False)
    remote_trace_id = models.CharField(_("trace there"), max_length=250, blank=True, editable=False)
    remote_id = models.CharField(_("id there"), max_length=250, blank=True, editable=False)  # empty: ours
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("delivered"), null=True, editable=False)

    objects: ClassVar[models.Manager[Delivery]] = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["connection", "assessment"], name="one_delivery")]
        indexes = [
            models.Index(fields=["next_at", "id"], name="delivery_due", condition=Q(state="waiting")),
            models.Index(
                fields=["connection", "subject", "id"], name="delivery_in_order", condition=Q(state="waiting")
            ),
            models.Index(fields=["connection", "state"], name="delivery_undone", condition=~Q(state="sent")),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} → {self.connection}"


from mlflow_bridge.dataset_copies import DatasetCopy  # noqa: E402, F401  where Django looks for models
from mlflow_bridge.pulling.models import PulledTrace, RemoteExperiment  # noqa: E402, F401
from mlflow_bridge.rest.labeling_models import Agent, CodedSession  # noqa: E402, F401
from mlflow_bridge.rest.models import (  # noqa: E402, F401  where Django looks for models
    Artifact,
    DeletedExperiment,
    LoggedModel,
    ReviewQueue,
    Run,
    Scorer,
    StoredFile,
)
