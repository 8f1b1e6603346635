from __future__ import annotations

from django.urls import include, path

from traces.views import detail, experiments, intake, listing, logs, texts

app_name = "traces"
experiment_urls = [  # /settings/experiments/
    path("", experiments.experiments, name="experiments"),
    path("<int:experiment_id>/", experiments.experiment, name="experiment"),
    path("<int:experiment_id>/masking/", experiments.change_masking, name="experiment-masking"),
    path("<int:experiment_id>/keeping/", experiments.change_keeping, name="experiment-keeping"),
]

urlpatterns = [
    path("settings/experiments/", include(experiment_urls)),
    path("traces/", listing.trace_list, name="list"),
    path("traces/<str:trace_id>/", detail.trace_detail, name="detail"),
    path("traces/<str:trace_id>/texts/<str:digest>/", texts.text, name="text"),
    path("traces/<str:trace_id>/spans/<str:span_id>/", detail.span_detail, name="span"),
    path("traces/<str:trace_id>/spans/<str:span_id>/raw/", detail.span_raw, name="span-raw"),
    path("", include("traces.feedback.urls")),
    path("v1/traces", intake.receive, name="intake"),
    path("v1/logs", logs.receive, name="logs"),
]
