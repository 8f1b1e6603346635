from __future__ import annotations

from django.urls import path

from traces.views import intake

app_name = "traces"
urlpatterns = [
    path("v1/traces", intake.receive, name="intake"),
]
