"""What MLflow's clients keep on a server and the Review App has no other place for."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from traces.models import Experiment, Trace


class DeletedExperiment(models.Model):
    """An experiment that a client deleted: hidden from clients until it is restored."""

    experiment = models.OneToOneField(
        Experiment, on_delete=models.CASCADE, primary_key=True, related_name="deletion", verbose_name=_("experiment")
    )
    at = models.DateTimeField(_("deleted"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("deleted experiment")
        verbose_name_plural = _("deleted experiments")

    def __str__(self) -> str:
        return str(self.experiment)


def new_run_id() -> str:
    return uuid.uuid4().hex


class Run(models.Model):
    """An MLflow run, as far as evaluations need it: a name for traces that were judged together, and the figures."""

    class Status(models.TextChoices):
        RUNNING = "RUNNING", _("Running")
        SCHEDULED = "SCHEDULED", _("Scheduled")
        FINISHED = "FINISHED", _("Finished")
        FAILED = "FAILED", _("Failed")
        KILLED = "KILLED", _("Stopped")

    run_id = models.CharField(_("run id"), max_length=32, primary_key=True, default=new_run_id, editable=False)
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="runs", verbose_name=_("experiment")
    )
    name = models.CharField(_("name"), max_length=250, blank=True)
    user_id = models.CharField(_("user"), max_length=250, blank=True)  # as the client says
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.RUNNING)
    start_time_ms = models.BigIntegerField(_("start (ms)"))
    end_time_ms = models.BigIntegerField(_("end (ms)"), null=True, blank=True)
    tags = models.JSONField(_("tags"), default=dict, blank=True)  # str → str
    params = models.JSONField(_("parameters"), default=dict, blank=True)  # str → str
    metrics = models.JSONField(_("metrics"), default=dict, blank=True)  # name → {value, timestamp, step}, the latest
    datasets = models.JSONField(_("inputs"), default=list, blank=True)  # as MLflow's dataset_inputs
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-start_time_ms", "run_id"]
        indexes = [models.Index(fields=["experiment", "-start_time_ms"], name="run_by_experiment")]

    def __str__(self) -> str:
        return self.name or self.run_id


class Artifact(models.Model):
    """A file that belongs to a trace, such as an image that one of its spans names: gone with its trace."""

    trace = models.ForeignKey(Trace, on_delete=models.CASCADE, related_name="artifacts", verbose_name=_("trace"))
    path = models.CharField(_("path"), max_length=250)  # attachments/<uuid>
    content = models.BinaryField(_("content"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("file of a trace")
        verbose_name_plural = _("files of traces")
        constraints = [models.UniqueConstraint(fields=["trace", "path"], name="artifact_once")]

    def __str__(self) -> str:
        return f"{self.trace_id}/{self.path}"
