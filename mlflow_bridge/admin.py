"""Connections and deliveries in Django's admin; secrets are on the connection's own page only, and never shown."""

from __future__ import annotations

from django.contrib import admin

from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.pulling.models import PulledTrace, RemoteExperiment
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
