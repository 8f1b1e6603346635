"""What was recorded, in Django's admin: to look at and to delete, not to rewrite."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from traces.feedback.models import EndUserFeedback, PublishableKey
from traces.models import Assessment, Experiment, Span, Trace


class RecordAdmin(admin.ModelAdmin):
    """Rows that something else wrote: they can be read and deleted. Tables may be long, so nothing is counted twice."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Experiment)
class ExperimentAdmin(admin.ModelAdmin):
    list_display = ("name", "id", "description", "created_at", "updated_at")
    search_fields = ("name", "description")
    date_hierarchy = "created_at"
    readonly_fields = ("created_at", "updated_at")


@admin.register(Trace)
class TraceAdmin(RecordAdmin):
    list_display = ("trace_id", "__str__", "experiment", "state", "request_time", "execution_duration_ms")
    list_select_related = ("experiment",)
    list_filter = ("state", "experiment")
    search_fields = ("trace_id", "client_request_id", "session_id", "name", "request_preview")
    search_help_text = "trace id, client request id, session, name or question"
    date_hierarchy = "request_time"


@admin.register(Span)
class SpanAdmin(RecordAdmin):
    list_display = ("span_id", "name", "span_type", "status", "trace_id", "duration_s")
    list_filter = ("status", "span_type")
    search_fields = ("=span_id", "=trace__trace_id", "name")
    ordering = ("-id",)


@admin.register(Assessment)
class AssessmentAdmin(RecordAdmin):
    """Nobody's judgement is edited by hand: a changed mind is a new assessment."""

    list_display = ("assessment_id", "name", "value", "kind", "source_type", "source_id", "valid", "created_at")
    list_filter = ("valid", "kind", "source_type")
    search_fields = ("=assessment_id", "=trace__trace_id", "name", "source_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(PublishableKey)
class PublishableKeyAdmin(RecordAdmin):
    """They are made and changed on their own pages, under settings."""

    list_display = ("name", "key", "experiment", "n_taken", "last_used_at", "ends_at", "created_at")
    list_select_related = ("experiment",)
    search_fields = ("name", "=key")


@admin.register(EndUserFeedback)
class EndUserFeedbackAdmin(RecordAdmin):
    list_display = ("__str__", "state", "experiment", "key", "received_at", "expires_at")
    list_select_related = ("experiment", "key")
    list_filter = ("state",)
    search_fields = ("=trace_ref", "=client_request_id", "=idempotency_key")
