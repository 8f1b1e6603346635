"""What MLflow's clients keep on a server and the Review App has no other place for."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models import LabelingSession
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


class StoredFile(models.Model):
    """A file that a client keeps with a run or a logged model."""

    place = models.CharField(_("place"), max_length=60)  # <run id> or models/<model id>
    path = models.CharField(_("path"), max_length=250)
    content = models.BinaryField(_("content"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("file of a run or model")
        verbose_name_plural = _("files of runs and models")
        constraints = [models.UniqueConstraint(fields=["place", "path"], name="stored_file_once")]

    def __str__(self) -> str:
        return f"{self.place}/{self.path}"


def new_model_id() -> str:
    return f"m-{uuid.uuid4().hex}"


class LoggedModel(models.Model):
    """A version of an application, as MLflow's client names it: traces say in their metadata which one they are of."""

    class Status(models.TextChoices):
        PENDING = "LOGGED_MODEL_PENDING", _("Pending")
        READY = "LOGGED_MODEL_READY", _("Ready")
        UPLOAD_FAILED = "LOGGED_MODEL_UPLOAD_FAILED", _("Failed")

    model_id = models.CharField(_("model id"), max_length=50, primary_key=True, default=new_model_id, editable=False)
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="logged_models", verbose_name=_("experiment")
    )
    name = models.CharField(_("name"), max_length=250)
    model_type = models.CharField(_("type"), max_length=250, blank=True)
    source_run_id = models.CharField(_("run"), max_length=32, blank=True)
    status = models.CharField(_("status"), max_length=30, choices=Status, default=Status.PENDING)
    tags = models.JSONField(_("tags"), default=dict, blank=True)  # str → str
    params = models.JSONField(_("parameters"), default=dict, blank=True)  # str → str
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("logged model")
        verbose_name_plural = _("logged models")
        ordering = ["-created_at", "model_id"]
        indexes = [models.Index(fields=["experiment", "-created_at"], name="model_by_experiment")]

    def __str__(self) -> str:
        return self.name


def new_scorer_id() -> str:
    return str(uuid.uuid4())


class Scorer(models.Model):
    """One version of a judge or another scorer, as code registered it. It is kept, and never run here."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="scorers", verbose_name=_("experiment")
    )
    scorer_id = models.CharField(_("scorer id"), max_length=50, default=new_scorer_id)  # the same for all versions
    name = models.CharField(_("name"), max_length=250)
    version = models.PositiveIntegerField(_("version"))
    serialized = models.TextField(_("serialized"))  # JSON, as MLflow writes it
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("scorer")
        verbose_name_plural = _("scorers")
        ordering = ["name", "version"]
        constraints = [models.UniqueConstraint(fields=["experiment", "name", "version"], name="scorer_version_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.version})"


class ReviewQueue(models.Model):
    """What a session is as MLflow's review queue, beyond what a session says: every session without one is custom."""

    class Kind(models.TextChoices):
        CUSTOM = "CUSTOM", _("Custom")
        USER = "USER", _("One person's")  # asks all that the experiment asks

    session = models.OneToOneField(
        LabelingSession, on_delete=models.CASCADE, primary_key=True, related_name="queue", verbose_name=_("session")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.CUSTOM)
    # A client deleted it: hidden from clients, and kept because of the reviews in it.
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("review queue")
        verbose_name_plural = _("review queues")

    def __str__(self) -> str:
        return str(self.session)
