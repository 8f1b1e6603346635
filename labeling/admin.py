"""Sessions, questions and reviews in Django's admin.

What experts wrote can be read, not rewritten; counters and states are the code's own.
"""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db.models import Model
from django.http import HttpRequest

from labeling.models import (
    Answer,
    Item,
    LabelingSession,
    LabelSchema,
    LabelSchemaVersion,
    Review,
    Reviewer,
    SessionQuestion,
    StandingRule,
)
from traces.admin import RecordAdmin


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return flatten(self.fields or ())  # also those that the models call not editable

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class VersionInline(ReadOnlyInline):
    model = LabelSchemaVersion
    fk_name = "schema"
    fields = ("number", "title", "instruction", "input", "enable_comment", "created_at")


class QuestionInline(ReadOnlyInline):
    model = SessionQuestion
    fields = ("position", "schema", "is_required", "show_if")


class ReviewerInline(ReadOnlyInline):
    model = Reviewer
    fields = ("user", "n_complete", "n_declined", "active_s", "last_active_at", "added_at")


class AnswerInline(ReadOnlyInline):
    model = Answer
    fields = ("version", "assessment")


@admin.register(LabelSchema)
class LabelSchemaAdmin(admin.ModelAdmin):
    """A question's words change on its own page, where they make a new version."""

    list_display = ("name", "type", "experiment", "current", "judge_name", "updated_at")
    list_select_related = ("experiment", "current")
    list_filter = ("type", "experiment")
    search_fields = ("name", "judge_name", "versions__title")
    date_hierarchy = "created_at"
    fields = ("name", "type", "experiment", "judge_name", "current", "created_by", "created_at", "updated_at")
    readonly_fields = ("name", "type", "experiment", "current", "created_by", "created_at", "updated_at")
    inlines = (VersionInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(LabelingSession)
class LabelingSessionAdmin(admin.ModelAdmin):
    """Name, instructions and rules; traces, questions and people are set up on the session's own page."""

    list_display = ("name", "state", "experiment", "n_done", "n_items", "reviews_per_item", "created_by", "created_at")
    list_select_related = ("experiment", "created_by")
    list_filter = ("state", "experiment")
    search_fields = ("name", "=id", "created_by__email")
    date_hierarchy = "created_at"
    fields = (
        "name", "instructions", "is_blind", "lease_s", "id", "experiment", "state", "reviews_per_item", "n_items",
        "n_open", "n_done", "created_by", "created_at", "opened_at", "closed_at",
    )  # fmt: skip
    readonly_fields = (
        "id", "experiment", "state", "reviews_per_item", "n_items", "n_open", "n_done", "created_by", "created_at",
        "opened_at", "closed_at",
    )  # fmt: skip
    inlines = (QuestionInline, ReviewerInline)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Reviewer)
class ReviewerAdmin(RecordAdmin):
    list_display = ("user", "session", "n_complete", "n_declined", "active_s", "last_active_at")
    list_select_related = ("user", "session")
    search_fields = ("user__email", "user__name", "session__name")
    date_hierarchy = "added_at"


@admin.register(Item)
class ItemAdmin(RecordAdmin):
    list_display = ("id", "session", "position", "trace_id", "needs", "n_held", "n_complete")
    list_select_related = ("session",)
    search_fields = ("=id", "=trace__trace_id", "session__name")
    ordering = ("session", "position")


@admin.register(Review)
class ReviewAdmin(RecordAdmin):
    list_display = ("id", "user", "session", "position", "status", "decline_reason", "active_s", "finished_at")
    list_select_related = ("user", "session", "item__session")  # its name names the item, and that the session
    list_filter = ("status", "decline_reason")
    search_fields = ("=id", "=item__id", "=item__trace__trace_id", "user__email", "session__name")
    date_hierarchy = "handed_out_at"
    ordering = ("-handed_out_at",)
    inlines = (AnswerInline,)

    @admin.display(ordering="item__position")
    def position(self, review: Review) -> int:
        return review.item.position


@admin.register(StandingRule)
class StandingRuleAdmin(RecordAdmin):
    list_display = ("session", "every", "is_on", "last_run_at", "last_added", "n_added", "last_error")
    list_select_related = ("session",)
    search_fields = ("session__name", "filter")
