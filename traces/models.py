"""What was observed (traces, spans) and what was said about it (assessments).

Names, ids and meanings are MLflow's (3.17): TraceInfo v3, OTLP spans, Feedback and Expectation.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from traces.columns import DurationOrNone, IsUnusual, RunId, SessionAbout

Json = dict[str, Any] | list[Any] | str | int | float | bool | None


class Experiment(models.Model):
    """A box of traces and questions: one application, or one line of work. `0` is MLflow's Default."""

    name = models.CharField(_("name"), max_length=250, unique=True)
    description = models.TextField(_("description"), blank=True)
    tags = models.JSONField(_("tags"), default=dict, blank=True)
    # What is masked in all that comes in, as traces.redaction.rules keeps it; it costs a request no query of its own.
    redaction = models.JSONField(_("masked before storing"), default=list, blank=True, editable=False)
    keep_days = models.PositiveIntegerField(_("keep traces for days"), null=True, blank=True)
    keep_traces = models.PositiveIntegerField(_("keep at most traces"), null=True, blank=True)
    deletes_assessed = models.BooleanField(_("also delete traces that were assessed"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(keep_days__gte=1, keep_traces__gte=1)
                | Q(keep_days=None, keep_traces__gte=1)
                | Q(keep_days__gte=1, keep_traces=None)
                | Q(keep_days=None, keep_traces=None),
                name="experiment_keeps_something",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("traces:experiment", args=[self.pk])


class DailyCount(models.Model):
    """How much of something happened in an experiment on a day (UTC): texts masked by a rule, traces deleted."""

    class Deed(models.TextChoices):
        MASKED = "masked", _("Masked")
        DELETED = "deleted", _("Deleted")

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="daily_counts", verbose_name=_("experiment")
    )
    deed = models.CharField(_("what happened"), max_length=10, choices=Deed)
    label = models.CharField(_("why"), max_length=40)  # the rule's name; age or number
    day = models.DateField(_("day"))
    n = models.BigIntegerField(_("how often"))

    class Meta:
        verbose_name = _("daily count")
        verbose_name_plural = _("daily counts")
        constraints = [models.UniqueConstraint(fields=["experiment", "deed", "day", "label"], name="daily_count_once")]

    def __str__(self) -> str:
        return f"{self.deed} {self.label} {self.day}: {self.n}"


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


def new_assessment_id() -> str:
    return f"a-{uuid.uuid4().hex}"


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def valid(self) -> Self:
        """Leave out what a later assessment replaced, and what was deleted."""
        return self.filter(valid=True)

    def kept(self) -> Self:
        """Leave out what was deleted: what other programs are told, valid or not."""
        return self.filter(deleted_at=None)

    def by_people(self) -> Self:
        return self.filter(source_type=Assessment.SourceType.HUMAN)


class Assessment(models.Model):
    """One judgement of one source on a trace or a span: MLflow's Feedback or Expectation.

    Nothing said is destroyed: `override` writes another one and marks this one as not valid, an update
    in place keeps what stood there in `revisions`, and a deleted one stays, not valid, for the history.
    `traces/assessing.py` has the verbs.
    """

    class Kind(models.TextChoices):
        FEEDBACK = "feedback", _("Feedback")  # on what the application did
        EXPECTATION = "expectation", _("Expectation")  # on what it should have done

    class SourceType(models.TextChoices):
        HUMAN = "HUMAN", _("Person")
        LLM_JUDGE = "LLM_JUDGE", _("LLM judge")
        CODE = "CODE", _("Code")

    assessment_id = models.CharField(_("assessment id"), max_length=50, primary_key=True, default=new_assessment_id)
    trace = models.ForeignKey(Trace, on_delete=models.CASCADE, related_name="assessments", verbose_name=_("trace"))
    span_id = models.CharField(_("span id"), max_length=16, blank=True)  # empty: the whole trace
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    name = models.CharField(_("name"), max_length=250)
    value = models.JSONField(_("value"), null=True, blank=True)  # bool, number, string, list or object
    error = models.JSONField(_("error"), null=True, blank=True)  # {error_code, error_message, stack_trace}
    rationale = models.TextField(_("rationale"), blank=True)
    source_type = models.CharField(_("source type"), max_length=10, choices=SourceType)
    source_id = models.CharField(_("source"), max_length=250)  # a person's e-mail, a judge's or program's name
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    overrides = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="overridden_by",
        verbose_name=_("replaces"),
    )
    valid = models.BooleanField(_("valid"), default=True)
    # What an update in place replaced, oldest first: [{name, value, error, rationale, metadata, until (ISO 8601)}];
    # where it was deleted and restored also deleted_by and restored_by.
    revisions = models.JSONField(_("revisions"), default=list, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)
    deleted_by = models.CharField(_("deleted by"), max_length=250, blank=True, editable=False)  # an e-mail
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)

    objects: ClassVar[models.Manager[Assessment]] = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["created_at", "assessment_id"]
        indexes = [
            models.Index(fields=["name", "source_type"], name="assessment_by_name"),
            models.Index(
                SessionAbout(), F("name"), name="assessment_of_session", condition=Q(IsNull(SessionAbout(), False))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value!r}"

    def override(
        self,
        *,
        value: Json,
        rationale: str = "",
        metadata: dict[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Assessment:
        """Write the source's new mind and return it; this one stays, not valid any more."""
        now = at or timezone.now()
        with transaction.atomic():
            Assessment.objects.filter(pk=self.pk).update(valid=False, updated_at=now)
            self.valid = False
            return Assessment.objects.create(
                trace_id=self.trace_id, span_id=self.span_id, kind=self.kind, name=self.name, value=value,
                rationale=rationale, source_type=self.source_type, source_id=self.source_id,
                metadata=self.metadata if metadata is None else metadata, overrides=self, created_at=now,
                updated_at=now,
            )  # fmt: skip


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def seen_by(self, user: User) -> Self:
        """Return a person's own views, and those that others share; one's own come first."""
        is_own = models.Case(models.When(owner=user, then=0), default=1)
        return self.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner").order_by(is_own, "name")


class SavedView(models.Model):
    """What somebody looks for again and again in the list of traces: its address without the page."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views", verbose_name=_("owner"))
    name = models.CharField(_("name"), max_length=100)
    query = models.TextField(_("query"), blank=True)  # of the address, such as filter=…&state=ERROR
    is_shared = models.BooleanField(_("shown to everybody"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="view_once")]

    def __str__(self) -> str:
        return self.name


from traces.feedback.models import EndUserFeedback, PublishableKey  # noqa: E402, F401  where Django looks for models
