"""MLflow servers that a team has already, and what is on its way to them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Endpoint, Turn
from chat.sealing import seal
from traces.models import Assessment


class Connection(models.Model):
    """A tracking server. What is said about answers of its endpoints is written to their traces there."""

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
        """Return what is to be sent now: of each trace the oldest, so that their order is kept."""
        earlier = Delivery.objects.waiting().filter(
            connection=OuterRef("connection"), subject=OuterRef("subject"), pk__lt=OuterRef("pk")
        )
        return (
            self.waiting()
            .filter(~Exists(earlier), connection__is_on=True, next_at__lte=now)
            .select_related("connection", "assessment", "turn__conversation__endpoint")
            .order_by("next_at", "pk")
        )


class Delivery(models.Model):
    """One assessment on its way to one server: the outbox, written in the transaction of the assessment.

    waiting   to be sent, again and again with growing pauses, while the server is away or the trace not there
    sent      it is there
    given_up  the server refused it, or its trace never came; `error` says so
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Delivered")
        GIVEN_UP = "given_up", _("Given up")

    class Deed(models.TextChoices):
        WRITE = "write", _("Write")
        RETRACT = "retract", _("Take back")

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("connection")
    )
    assessment = models.ForeignKey(
        Assessment, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("assessment")
    )
    turn = models.ForeignKey(
        Turn, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries", verbose_name=_("turn")
    )
    deed = models.CharField(_("deed"), max_length=7, choices=Deed, default=Deed.WRITE)
    subject = models.CharField(max_length=50, editable=False)  # our trace's id: deliveries of one stay in order
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now, editable=False)
    error = models.TextField(_("error"), blank=True, editable=False)
    remote_trace_id = models.CharField(_("trace there"), max_length=250, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("delivered"), null=True, editable=False)

    objects: ClassVar[models.Manager[Delivery]] = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "assessment", "deed"], name="delivered_once"),
        ]
        indexes = [
            models.Index(fields=["next_at", "id"], name="delivery_due", condition=Q(state="waiting")),
            models.Index(
                fields=["connection", "subject", "id"], name="delivery_in_order", condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} → {self.connection}"


from mlflow_bridge.dataset_copies import DatasetCopy  # noqa: E402, F401  where Django looks for models
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
