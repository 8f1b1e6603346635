"""Addresses of comparisons, and of the ways from chat to labels."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.views import batches, comparisons, to_session, winning

comparison_urls: list[URLPattern] = [  # /chat/compare/
    path("", comparisons.comparisons, name="comparisons"),
    path("new/", comparisons.comparison_new, name="comparison-new"),
    path("results/", winning.winning, name="winning"),
    path("results/rounds/", winning.winning_rounds, name="winning-rounds"),
    path("results/rounds/<int:round_id>/", winning.winning_round, name="winning-round"),
    path("rounds/<int:round_id>/", comparisons.show_round, name="round"),
    path("rounds/<int:round_id>/judge/", comparisons.round_judge, name="round-judge"),
    path("rounds/<int:round_id>/why/", comparisons.round_why, name="round-why"),
    path("<uuid:comparison_id>/", comparisons.comparison, name="comparison"),
    path("<uuid:comparison_id>/ask/", comparisons.comparison_ask, name="comparison-ask"),
    path("<uuid:comparison_id>/draft/", comparisons.comparison_draft, name="comparison-draft"),
    path("<uuid:comparison_id>/stop/", comparisons.comparison_stop, name="comparison-stop"),
    path("<uuid:comparison_id>/archive/", comparisons.comparison_archive, name="comparison-archive"),
    path("<uuid:comparison_id>/restore/", comparisons.comparison_restore, name="comparison-restore"),
]

to_session_urls: list[URLPattern] = [  # /chat/to-session/
    path("", to_session.to_session, name="to-session"),
    path("put/", to_session.to_session_put, name="to-session-put"),
    path("menu/", to_session.to_session_menu, name="to-session-menu"),
]

batch_urls: list[URLPattern] = [  # /chat/batches/
    path("", batches.batches, name="batches"),
    path("new/", batches.batch_new, name="batch-new"),
    path("new/<uuid:session_id>/", batches.batch_of_session, name="batch-of-session"),
    path("<uuid:batch_id>/", batches.batch, name="batch"),
    path("<uuid:batch_id>/progress/", batches.batch_progress, name="batch-progress"),
    path("<uuid:batch_id>/go-on/", batches.batch_go_on, name="batch-go-on"),
    path("<uuid:batch_id>/hold/", batches.batch_hold, name="batch-hold"),
    path("<uuid:batch_id>/questions/<int:question_id>/retry/", batches.batch_retry, name="batch-retry"),
]
