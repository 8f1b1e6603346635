"""The chat in Django's admin: to be looked at and deleted. Endpoints are set up on their own pages, which guard
addresses and secrets; what people and endpoints said is not rewritten by anybody.
"""

from __future__ import annotations

from django.contrib import admin

from chat.models import (
    Batch,
    BatchQuestion,
    Comparison,
    Conversation,
    Endpoint,
    EndpointQuestion,
    Judgement,
    Round,
    Turn,
    TurnChunk,
)
from labeling.admin import ReadOnlyInline
from traces.admin import RecordAdmin


class EndpointQuestionInline(ReadOnlyInline):
    model = EndpointQuestion
    fields = ("about", "position", "schema", "is_required", "show_if")
    show_change_link = False


class TurnInline(ReadOnlyInline):
    model = Turn
    fields = ("message", "state", "started_at", "ended_at")


class RoundInline(ReadOnlyInline):
    model = Round
    fields = ("number", "choice", "reasons", "comment", "judged_at")


class BatchQuestionInline(ReadOnlyInline):
    model = BatchQuestion
    fields = ("position", "messages", "expectations", "turn")
    show_change_link = False


@admin.register(Endpoint)
class EndpointAdmin(RecordAdmin):
    """Neither the secret nor the values of headers, where people put keys too, are shown."""

    list_display = ("name", "version", "protocol", "url", "experiment", "is_for_everybody", "is_archived", "updated_at")
    list_select_related = ("experiment",)
    list_filter = ("protocol", "is_for_everybody", "experiment")
    search_fields = ("name", "version", "url", "model", "=id")
    date_hierarchy = "created_at"
    fields = (
        "id", "name", "version", "protocol", "url", "model", "parameters", "system_prompt", "header_names",
        "secret_is_set", "options", "first_byte_timeout_s", "idle_timeout_s", "total_timeout_s", "experiment",
        "suggestions", "is_for_everybody", "people", "trace_id_paths", "trace_id_headers", "sends_traceparent",
        "tested_at", "created_by", "created_at", "updated_at", "archived_at",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (EndpointQuestionInline,)

    @admin.display(boolean=True)
    def is_archived(self, endpoint: Endpoint) -> bool:
        return endpoint.is_archived

    @admin.display(boolean=True)
    def secret_is_set(self, endpoint: Endpoint) -> bool:
        return endpoint.has_secret

    @admin.display
    def header_names(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.headers)


@admin.register(Conversation)
class ConversationAdmin(RecordAdmin):
    list_display = ("id", "title", "endpoint", "user", "is_listed", "updated_at", "archived_at")
    list_select_related = ("endpoint", "user")
    list_filter = ("endpoint", "is_listed")
    search_fields = ("=id", "title", "user__email", "user__name")
    date_hierarchy = "created_at"
    inlines = (TurnInline,)


@admin.register(Turn)
class TurnAdmin(RecordAdmin):
    list_display = ("id", "message_in_short", "state", "finish_reason", "model", "link", "started_at", "duration_s")
    list_filter = ("state", "link")
    search_fields = ("=id", "=conversation__id", "=own_trace_id", "=upstream_id")
    search_help_text = "id of the turn, of its conversation, of its trace or of the endpoint's answer"
    date_hierarchy = "started_at"
    ordering = ("-started_at",)

    @admin.display(description="message")
    def message_in_short(self, turn: Turn) -> str:
        return str(turn)


@admin.register(TurnChunk)
class TurnChunkAdmin(RecordAdmin):
    list_display = ("id", "turn_id", "first", "last")
    search_fields = ("=turn__id",)
    ordering = ("-id",)


@admin.register(Judgement)
class JudgementAdmin(RecordAdmin):
    list_display = ("id", "name", "value", "user", "conversation_id", "turn_id")
    list_select_related = ("user", "assessment")
    search_fields = ("=conversation__id", "=turn__id", "name", "user__email")
    ordering = ("-id",)

    @admin.display
    def value(self, judgement: Judgement) -> str:
        return str(judgement.assessment.value)


@admin.register(Comparison)
class ComparisonAdmin(RecordAdmin):
    list_display = ("id", "title", "user", "first_endpoint", "second_endpoint", "updated_at")
    list_select_related = ("user", "first__endpoint", "second__endpoint")
    search_fields = ("=id", "title", "user__email")
    date_hierarchy = "created_at"
    inlines = (RoundInline,)

    @admin.display(ordering="first__endpoint")
    def first_endpoint(self, comparison: Comparison) -> str:
        return str(comparison.first.endpoint)

    @admin.display(ordering="second__endpoint")
    def second_endpoint(self, comparison: Comparison) -> str:
        return str(comparison.second.endpoint)


@admin.register(Round)
class RoundAdmin(RecordAdmin):
    list_display = ("comparison_id", "number", "choice", "first_is_left", "names_showed", "judged_at")
    list_filter = ("choice", "names_showed")
    search_fields = ("=comparison__id",)
    ordering = ("-id",)


@admin.register(Batch)
class BatchAdmin(RecordAdmin):
    list_display = ("id", "endpoint", "session", "created_by", "created_at")
    list_select_related = ("endpoint", "session", "created_by")
    search_fields = ("=id", "session__name")
    date_hierarchy = "created_at"
    inlines = (BatchQuestionInline,)
