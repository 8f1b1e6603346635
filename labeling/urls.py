from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from labeling.views import (
    dashboard,
    exports,
    from_traces,
    items,
    questions,
    review,
    sessions,
    setup,
    setup_people,
    setup_traces,
    standing,
)
from labeling.views.arranging import arranging_urls
from labeling.views.setup_questions import session_place

app_name = "labeling"

setup_question_urls = arranging_urls(session_place, "setup-question")  # /labeling/sessions/<id>/setup/questions/

setup_people_urls = [  # /labeling/sessions/<id>/setup/people/
    path("find/", setup_people.find_people, name="setup-people-find"),
    path("add/", setup_people.add_reviewer, name="setup-people-add"),
    path("remove/", setup_people.remove_reviewer, name="setup-people-remove"),
    path("invite/", setup_people.invite_reviewer, name="setup-people-invite"),
    path("link/", setup_people.link_reviewer, name="setup-people-link"),
]

setup_urls: list[URLPattern | URLResolver] = [  # /labeling/sessions/<id>/setup/
    path("", setup.setup, name="setup"),
    path("preview/", setup.setup_preview, name="setup-preview"),
    path("bar/", setup.setup_bar, name="setup-bar"),
    path("try/", setup.try_session, name="setup-try"),
    path("name/", setup.rename_session, name="setup-name"),
    path("instructions/", setup.instruct_session, name="setup-instructions"),
    path("open/", setup.open_session, name="session-open"),
    path("traces/", setup_traces.choose_traces, name="setup-traces"),
    path("traces/pick/", setup_traces.pick_traces, name="setup-traces-pick"),
    path("traces/add/", setup_traces.add_traces, name="setup-traces-add"),
    path("questions/", include(setup_question_urls)),
    path("people/", include(setup_people_urls)),
    path("rule/", setup_people.set_rule, name="setup-rule"),
    path("workload/", setup_people.setup_workload, name="setup-workload"),
]

session_urls: list[URLPattern | URLResolver] = [  # /labeling/sessions/<id>/
    path("", dashboard.session, name="session"),
    path("overview/", dashboard.overview, name="overview"),
    path("close/", dashboard.close, name="close"),
    path("reopen/", dashboard.reopen, name="reopen"),
    path("people/<int:user_id>/link/", dashboard.reviewer_link, name="reviewer-link"),
    path("items/", items.items, name="items"),
    path("items/<uuid:item_id>/", items.item, name="item"),
    path("export.csv", exports.export_csv, name="export-csv"),
    path("export.jsonl", exports.export_jsonl, name="export-jsonl"),
    path("setup/", include(setup_urls)),
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

question_urls = [  # /labeling/questions/
    path("", questions.questions, name="questions"),
    path("new/", questions.new_question, name="question-new"),
    path("preview/", questions.preview_question, name="question-preview"),
    path("<str:schema_id>/", questions.question, name="question"),
]

standing_urls = [  # /labeling/standing/<id>/
    path("", standing.standing_rule, name="standing-rule"),
    path("pause/", standing.pause, name="standing-pause"),
    path("resume/", standing.resume, name="standing-resume"),
    path("run/", standing.run_now, name="standing-run"),
    path("delete/", standing.delete, name="standing-delete"),
]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="labeling:sessions")),
    path("questions/", include(question_urls)),
    path("from-traces/", from_traces.from_traces, name="from-traces"),
    path("from-traces/put/", from_traces.put_traces, name="put-traces"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/new/", setup.new_session, name="session-new"),
    path("sessions/<uuid:session_id>/", include(session_urls)),
    path("standing/", standing.standing_rules, name="standing-rules"),
    path("standing/new/", standing.new_standing, name="standing-new"),
    path("standing/preview/", standing.preview, name="standing-preview"),
    path("standing/<uuid:rule_id>/", include(standing_urls)),
    path("reviews/<uuid:review_id>/", include(review_urls)),
]
