from __future__ import annotations

from django.urls import include, path

from traces.views import detail, intake, listing, logs, texts

app_name = "traces"
urlpatterns = [
    path("traces/", listing.trace_list, name="list"),
    path("traces/<str:trace_id>/", detail.trace_detail, name="detail"),
    path("traces/<str:trace_id>/texts/<str:digest>/", texts.text, name="text"),
    path("traces/<str:trace_id>/spans/<str:span_id>/", detail.span_detail, name="span"),
    path("traces/<str:trace_id>/spans/<str:span_id>/raw/", detail.span_raw, name="span-raw"),
    path("", include("traces.feedback.urls")),
    path("v1/traces", intake.receive, name="intake"),
    path("v1/logs", logs.receive, name="logs"),
]
