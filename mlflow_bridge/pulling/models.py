"""How far traces of a server's experiments were taken over, and which."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from traces.models import Experiment, Trace


class RemoteExperiment(models.Model):
    """An experiment of a server whose traces are taken over, and how far: to the trace at (cursor_ms, cursor_id).

    The cursor is written in the transaction that stores the traces before it, so what breaks off goes on where it was.
    """

    connection = models.ForeignKey(
        "mlflow_bridge.Connection", on_delete=models.CASCADE, related_name="experiments", verbose_name=_("connection")
    )
    remote_id = models.CharField(_("id there"), max_length=250)
    name = models.CharField(_("name there"), max_length=500)
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="remote_experiments", verbose_name=_("experiment")
    )
    cursor_ms = models.BigIntegerField(default=0, editable=False)  # request time, ms since 1970
    cursor_id = models.CharField(max_length=250, blank=True, editable=False)

    class Meta:
        verbose_name = _("experiment of an MLflow server")
        verbose_name_plural = _("experiments of MLflow servers")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["connection", "remote_id"], name="remote_experiment_once")]

    def __str__(self) -> str:
        return self.name


class PulledTrace(models.Model):
    """A trace that was taken over. It stays known when the trace is deleted here, so that it does not come again."""

    connection = models.ForeignKey(
        "mlflow_bridge.Connection", on_delete=models.CASCADE, related_name="pulled_traces", verbose_name=_("connection")
    )
    remote_experiment = models.ForeignKey(
        RemoteExperiment, on_delete=models.CASCADE, related_name="pulled_traces", verbose_name=_("experiment there")
    )
    remote_id = models.CharField(_("id there"), max_length=250)
    trace = models.ForeignKey(
        Trace, on_delete=models.SET_NULL, null=True, related_name="pulled_from", verbose_name=_("trace")
    )
    digest = models.CharField(max_length=64, blank=True, editable=False)  # of what was there; empty: look again
    # Attachments still to be fetched: {id: {"path": …, "attempts": n}}; null where none are
    lacks = models.JSONField(_("files to come"), null=True, editable=False)
    error = models.TextField(_("error"), blank=True, editable=False)  # what of it could not be read
    is_unread = models.BooleanField(default=False, editable=False)  # nothing of it could, so it has no trace here
    pulled_at = models.DateTimeField(_("taken over"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("trace of an MLflow server")
        verbose_name_plural = _("traces of MLflow servers")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["connection", "remote_id"], name="pulled_once")]
        indexes = [
            models.Index(fields=["connection", "id"], name="pulled_lacking", condition=Q(lacks__isnull=False)),
            models.Index(fields=["connection", "id"], name="pulled_unread", condition=~Q(error="")),
        ]

    def __str__(self) -> str:
        return self.remote_id
