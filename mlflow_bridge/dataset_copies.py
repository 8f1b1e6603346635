"""Copies of datasets on MLflow servers: what was asked for, and how far it is."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mlflow_bridge.models import Connection
from quality.models import DatasetRecord, EvaluationDataset


class DatasetCopyQuerySet(models.QuerySet["DatasetCopy"]):
    def due(self, now: datetime) -> Self:
        free = Q(held_until=None) | Q(held_until__lt=now)
        return self.filter(free, state=DatasetCopy.State.WAITING, next_at__lte=now, connection__is_on=True)


class DatasetCopy(models.Model):
    """A dataset on its way to a server, or there.

    waiting   records are sent, a few at a time, again with growing pauses while the server is away
    sent      all that was here when it was asked for is there
    given_up  the server refused it, or somebody deleted it there; `error` says so
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        GIVEN_UP = "given_up", _("Given up")

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="dataset_copies", verbose_name=_("connection")
    )
    dataset = models.ForeignKey(
        EvaluationDataset, on_delete=models.CASCADE, related_name="copies", verbose_name=_("dataset")
    )
    remote_id = models.CharField(_("id there"), max_length=250, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    asked_by = models.CharField(_("asked for by"), max_length=250, blank=True)  # an e-mail
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    # How far: records are sent in the order of (updated_at, record_id), and this is the last one.
    sent_until = models.DateTimeField(null=True, editable=False)
    sent_record = models.CharField(max_length=50, blank=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)  # by the worker that is at it
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    error = models.TextField(_("error"), blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)

    objects: ClassVar[models.Manager[DatasetCopy]] = DatasetCopyQuerySet.as_manager()

    class Meta:
        verbose_name = _("copy of a dataset")
        verbose_name_plural = _("copies of datasets")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["connection", "dataset"], name="dataset_copy_once")]
        indexes = [models.Index(fields=["next_at"], name="dataset_copy_due", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.dataset} → {self.connection}"

    def unsent(self) -> models.QuerySet[DatasetRecord]:
        """Return the records that were not sent as they are now, those that changed first before."""
        records = self.dataset.records.kept().order_by("updated_at", "record_id")
        if self.sent_until is None:
            return records
        same_time = Q(updated_at=self.sent_until, record_id__gt=self.sent_record)
        return records.filter(Q(updated_at__gt=self.sent_until) | same_time)

    def hold(self, until: datetime) -> bool:
        """Take the turn, if nobody else is at it."""
        due = DatasetCopy.objects.due(timezone.now()).filter(pk=self.pk)
        return bool(DatasetCopy.objects.filter(pk__in=due.values("pk")).update(held_until=until))

    def note(self, **changed: object) -> None:
        """Write down how it stands."""
        DatasetCopy.objects.filter(pk=self.pk).update(**changed)
        for name, value in changed.items():
            setattr(self, name, value)
