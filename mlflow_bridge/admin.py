"""Connections and deliveries in Django's admin; secrets are on the connection's own page only, and never shown."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from mlflow_bridge.dataset_copies import DatasetCopy
from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.pulling.models import PulledTrace, RemoteExperiment
from mlflow_bridge.rest.models import Run
from traces.admin import RecordAdmin


@admin.register(Connection)
class ConnectionAdmin(RecordAdmin):
    list_display = ("name", "tracking_uri", "is_on", "last_delivered_at", "last_error")
    search_fields = ("name", "tracking_uri")
    exclude = ("sealed_secret",)


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    list_display = ("assessment", "connection", "state", "attempts", "next_at", "error")
    list_filter = ("state", "connection")
    list_select_related = ("assessment", "connection")


@admin.register(RemoteExperiment)
class RemoteExperimentAdmin(RecordAdmin):
    list_display = ("name", "connection", "experiment")
    list_select_related = ("connection", "experiment")


@admin.register(PulledTrace)
class PulledTraceAdmin(RecordAdmin):
    list_display = ("remote_id", "connection", "trace", "pulled_at", "error")
    list_filter = ("connection",)
    list_select_related = ("connection", "trace")
    search_fields = ("remote_id",)


@admin.register(DatasetCopy)
class DatasetCopyAdmin(RecordAdmin):
    list_display = ("dataset", "connection", "state", "asked_by", "asked_at", "sent_at", "error")
    list_filter = ("state", "connection")
    list_select_related = ("dataset", "connection")


@admin.register(Run)
class RunAdmin(RecordAdmin):
    list_display = ("run_id", "name", "experiment", "status", "user_id", "started", "deleted_at")
    list_filter = ("status", "experiment")
    list_select_related = ("experiment",)
    search_fields = ("=run_id", "name", "user_id")

    @admin.display(description=_("start"), ordering="start_time_ms")
    def started(self, run: Run) -> datetime:
        return datetime.fromtimestamp(run.start_time_ms / 1000, tz=UTC)
