from __future__ import annotations

from django.urls import include, path

from labeling.views import dashboard, exports, items, review, sessions

app_name = "labeling"

session_urls = [  # /labeling/sessions/<id>/
    path("", dashboard.session, name="session"),
    path("overview/", dashboard.overview, name="overview"),
    path("close/", dashboard.close, name="close"),
    path("reopen/", dashboard.reopen, name="reopen"),
    path("people/<int:user_id>/link/", dashboard.reviewer_link, name="reviewer-link"),
    path("items/", items.items, name="items"),
    path("items/<uuid:item_id>/", items.item, name="item"),
    path("export.csv", exports.export_csv, name="export-csv"),
    path("export.jsonl", exports.export_jsonl, name="export-jsonl"),
    path("review/", review.review, name="review"),
    path("review/back/", review.step, {"forward": False}, name="review-back"),
    path("review/forward/", review.step, {"forward": True}, name="review-forward"),
    path("guidelines-read/", review.guidelines_read, name="guidelines-read"),
    path("hand-out/", review.hand_out, name="hand-out"),
]

review_urls = [  # /labeling/reviews/<id>/
    path("", review.my_review, name="my-review"),
    path("draft/", review.save_draft, name="review-draft"),
    path("complete/", review.complete, name="review-complete"),
    path("decline/", review.decline, name="review-decline"),
    path("undo/", review.undo, name="review-undo"),
]

urlpatterns = [
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/<uuid:session_id>/", include(session_urls)),
    path("reviews/<uuid:review_id>/", include(review_urls)),
]
