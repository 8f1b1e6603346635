from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from quality.views import datasets, making, records

app_name = "quality"

# /datasets/<dataset>/records/<record>/
record_urls = [
    path("", records.record, name="record"),
    path("undo/", records.undo_edit, name="record-undo"),
    path("remove/", records.remove, name="record-remove"),
    path("restore/", records.restore, name="record-restore"),
]

# /datasets/<dataset>/
dataset_urls: list[URLPattern | URLResolver] = [
    path("", datasets.dataset, name="dataset"),
    path("edit/", datasets.edit_dataset, name="edit"),
    path("sent/", datasets.destinations, name="destinations"),
    path("export.jsonl", datasets.export_jsonl, name="export-jsonl"),
    path("export.csv", datasets.export_csv, name="export-csv"),
    path("records/<str:record_id>/", include(record_urls)),
]

urlpatterns = [
    path("", datasets.datasets, name="datasets"),
    path("from-session/<uuid:session_id>/", making.from_session, name="from-session"),
    path("from-traces/", making.from_traces, name="from-traces"),
    path("<str:dataset_id>/", include(dataset_urls)),
]
