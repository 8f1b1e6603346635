"""Datasets in Django's admin: to look at and to delete; they are made and changed on their own pages."""

from __future__ import annotations

from django.contrib import admin

from quality.models import DatasetRecord, EvaluationDataset
from traces.admin import RecordAdmin


@admin.register(EvaluationDataset)
class EvaluationDatasetAdmin(RecordAdmin):
    list_display = ("name", "dataset_id", "created_by", "updated_by", "created_at", "updated_at")
    search_fields = ("name", "=dataset_id", "created_by")
    date_hierarchy = "created_at"


@admin.register(DatasetRecord)
class DatasetRecordAdmin(RecordAdmin):
    list_display = ("record_id", "dataset", "updated_by", "created_at", "updated_at", "removed_at")
    list_select_related = ("dataset",)
    search_fields = ("=record_id", "=dataset__dataset_id", "dataset__name")
    date_hierarchy = "created_at"
