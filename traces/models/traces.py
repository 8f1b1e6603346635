"""What was observed: traces, what they say as words, and their spans."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from traces.columns import DurationOrNone, EndOrNone, IsUnusual, RunId
from traces.models.experiments import Experiment


class TraceState(models.TextChoices):
    OK = "OK", _("OK")
    ERROR = "ERROR", _("Error")
    IN_PROGRESS = "IN_PROGRESS", _("In progress")
    UNSPECIFIED = "STATE_UNSPECIFIED", _("Unknown")


class TraceQuerySet(models.QuerySet["Trace"]):
    def kept(self) -> Self:
        """Leave out what somebody deleted; it is still there for a while, for who changes their mind."""
        return self.filter(deleted_at=None)


class Trace(models.Model):
    """One recorded run of the application, as MLflow's TraceInfo.

    The content is in the spans; what stands here serves lists and searches. It is derived when
    spans arrive, and is replaced as later spans arrive.
    """

    trace_id = models.CharField(_("trace id"), max_length=50, primary_key=True)  # tr-<32 hex>
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="traces", verbose_name=_("experiment")
    )
    client_request_id = models.CharField(_("client request id"), max_length=250, blank=True)
    name = models.CharField(_("name"), max_length=250, blank=True)
    state = models.CharField(_("state"), max_length=20, choices=TraceState, default=TraceState.IN_PROGRESS)
    request_time = models.DateTimeField(_("time"))
    execution_duration_ms = models.BigIntegerField(_("duration (ms)"), null=True, blank=True)
    request_preview = models.TextField(_("question"), blank=True)  # ≤ 1000 characters, for lists
    response_preview = models.TextField(_("answer"), blank=True)
    session_id = models.CharField(_("session"), max_length=250, blank=True)
    user_id = models.CharField(_("user"), max_length=250, blank=True)  # the application's user, a plain string
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)  # str → str, MLflow's trace_metadata
    tags = models.JSONField(_("tags"), default=dict, blank=True)  # str → str
    masked = models.JSONField(_("masked"), null=True, blank=True, editable=False)  # {a rule's name: how often}
    created_at = models.DateTimeField(_("arrived"), default=timezone.now, editable=False)
    # When spans last came, or somebody said outright what they tell: what was read before is out of date.
    revised_at = models.DateTimeField(_("last revised"), null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)  # see traces/deleting.py

    objects = TraceQuerySet.as_manager()

    class Meta:
        verbose_name = _("trace")
        verbose_name_plural = _("traces")
        ordering = ["-request_time", "-trace_id"]
        indexes = [
            models.Index(fields=["experiment", "-request_time", "-trace_id"], name="trace_by_experiment"),
            models.Index(fields=["-request_time", "-trace_id"], name="trace_by_time"),
            models.Index(fields=["session_id", "request_time"], name="trace_by_session", condition=~Q(session_id="")),
            models.Index(
                fields=["client_request_id"], name="trace_by_client_request", condition=~Q(client_request_id="")
            ),
            models.Index(
                fields=["state", "-request_time", "-trace_id"], name="trace_by_state", condition=Q(IsUnusual())
            ),
            models.Index(
                fields=["experiment", "state", "-request_time", "-trace_id"],
                name="trace_by_both",
                condition=Q(IsUnusual()),
            ),  # fmt: skip
            models.Index(fields=["name", "-request_time", "-trace_id"], name="trace_by_name"),
            models.Index(DurationOrNone().desc(), F("trace_id").desc(), name="trace_by_duration"),
            models.Index(EndOrNone().desc(), F("trace_id").desc(), name="trace_by_end"),
            models.Index(
                RunId(),
                F("request_time").desc(),
                F("trace_id").desc(),
                name="trace_by_run",
                condition=Q(IsNull(RunId(), False)),
            ),  # fmt: skip
            models.Index(fields=["deleted_at"], name="trace_deleted", condition=Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return Truncator(self.request_preview).chars(80) or self.name or self.trace_id

    @property
    def duration_s(self) -> float | None:
        return None if self.execution_duration_ms is None else self.execution_duration_ms / 1000


class TraceText(models.Model):
    """What a trace's question and answer say, as words to search for; see traces/search/full_text.py.

    The index over it is the database's own and stands in the migration: FTS5 on SQLite, tsvector on PostgreSQL.
    """

    trace = models.OneToOneField(Trace, on_delete=models.CASCADE, related_name="text", verbose_name=_("trace"))
    words = models.TextField(_("words"))

    class Meta:
        verbose_name = _("text of a trace")
        verbose_name_plural = _("texts of traces")

    def __str__(self) -> str:
        return Truncator(self.words).chars(80)


class Span(models.Model):
    """One step of a trace, kept as it came: a dialect reads it when it is shown.

    So a better dialect mends old traces too. `span_type` alone is derived, for searches.
    Times are nanoseconds since 1970; `end_time_ns` is null while it runs.
    """

    trace = models.ForeignKey(  # found by the index of `span_once`
        Trace, on_delete=models.CASCADE, related_name="spans", verbose_name=_("trace"), db_index=False
    )
    span_id = models.CharField(_("span id"), max_length=16)  # hex
    parent_id = models.CharField(_("parent id"), max_length=16, blank=True)
    name = models.TextField(_("name"), blank=True)
    span_type = models.CharField(_("type"), max_length=100, blank=True)  # LLM, TOOL, RETRIEVER, … free string
    start_time_ns = models.BigIntegerField(_("start (ns)"))
    end_time_ns = models.BigIntegerField(_("end (ns)"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=5, default="UNSET")  # UNSET, OK, ERROR
    status_message = models.TextField(_("status message"), blank=True)
    scope = models.CharField(_("scope"), max_length=250, blank=True)  # instrumentation scope
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    events = models.JSONField(_("events"), default=list, blank=True)  # [{name, time_unix_nano, attributes}]
    # [{name, time_unix_nano, body, attributes}]: log records that name this span; null where none came
    logs = models.JSONField(_("log records"), null=True, blank=True)
    links = models.JSONField(_("links"), default=list, blank=True)
    resource = models.JSONField(_("resource"), default=dict, blank=True)

    class Meta:
        verbose_name = _("span")
        verbose_name_plural = _("spans")
        ordering = ["start_time_ns", "id"]
        constraints = [models.UniqueConstraint(fields=["trace", "span_id"], name="span_once")]

    def __str__(self) -> str:
        return self.name or self.span_id

    @property
    def duration_s(self) -> float | None:
        return None if self.end_time_ns is None else max(0, self.end_time_ns - self.start_time_ns) / 1e9
