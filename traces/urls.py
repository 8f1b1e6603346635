from __future__ import annotations

from django.urls import include, path

from traces.views import (
    assessing,
    attachments,
    bulk,
    detail,
    experiments,
    intake,
    listing,
    logs,
    saved,
    sessions,
    steps,
    texts,
)

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
    path("traces/sessions/<path:session_id>/", sessions.session, name="session"),
    path("traces/arrived/", listing.arrived, name="arrived"),
    path("traces/completions/", listing.completions, name="completions"),
    path("traces/tag/", bulk.tag, name="tag"),
    path("traces/delete/", bulk.delete, name="delete"),
    path("traces/undelete/", bulk.undelete, name="undelete"),
    path("traces/views/save/", saved.save_view, name="save-view"),
    path("traces/views/<int:view_id>/forget/", saved.forget_view, name="forget-view"),
    path("traces/<str:trace_id>/", detail.trace_detail, name="detail"),
    path("traces/<str:trace_id>/json/", detail.download, name="download"),
    path("traces/<str:trace_id>/side/", detail.trace_side, name="side"),
    path("traces/<str:trace_id>/rows/", detail.span_rows, name="span-rows"),
    path("traces/<str:trace_id>/attachments/<str:attachment_id>/", attachments.attachment, name="attachment"),
    path("traces/<str:trace_id>/texts/<str:digest>/", texts.text, name="text"),
    path("traces/<str:trace_id>/spans/<str:span_id>/", detail.span_detail, name="span"),
    path("traces/<str:trace_id>/spans/<str:span_id>/steps/", steps.steps, name="steps"),
    path("traces/<str:trace_id>/spans/<str:span_id>/raw/", detail.span_raw, name="span-raw"),
    path("traces/<str:trace_id>/assessments/", assessing.panel, name="assessments"),
    path("traces/<str:trace_id>/assessments/add/", assessing.add, name="assess"),
    path("traces/<str:trace_id>/assessments/<str:assessment_id>/edit/", assessing.edit, name="assessment-edit"),
    path("traces/<str:trace_id>/assessments/<str:assessment_id>/delete/", assessing.delete, name="assessment-delete"),
    path(
        "traces/<str:trace_id>/assessments/<str:assessment_id>/restore/", assessing.restore, name="assessment-restore"
    ),
    path("traces/<str:trace_id>/questions/<str:key>/", assessing.question, name="question"),
    path("", include("traces.feedback.urls")),
    path("v1/traces", intake.receive, name="intake"),
    path("v1/logs", logs.receive, name="logs"),
]
