from __future__ import annotations

from django.urls import URLPattern, include, path, re_path

from chat.views import batches, comparisons, conversations, home, judging, to_session, turns, winning

app_name = "chat"

# /chat/endpoints/
endpoint_urls: list[URLPattern] = []

# /chat/compare/
comparison_urls: list[URLPattern] = [
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
    path("<uuid:comparison_id>/stop/", comparisons.comparison_stop, name="comparison-stop"),
]

# /chat/to-session/
to_session_urls: list[URLPattern] = [
    path("", to_session.to_session, name="to-session"),
    path("put/", to_session.to_session_put, name="to-session-put"),
    path("menu/", to_session.to_session_menu, name="to-session-menu"),
]

# /chat/batches/
batch_urls: list[URLPattern] = [
    path("", batches.batches, name="batches"),
    path("new/", batches.batch_new, name="batch-new"),
    path("<uuid:batch_id>/", batches.batch, name="batch"),
    path("<uuid:batch_id>/progress/", batches.batch_progress, name="batch-progress"),
    path("<uuid:batch_id>/go-on/", batches.batch_go_on, name="batch-go-on"),
    path("<uuid:batch_id>/hold/", batches.batch_hold, name="batch-hold"),
    path("<uuid:batch_id>/questions/<int:question_id>/retry/", batches.batch_retry, name="batch-retry"),
]

# /chat/turns/<turn>/
judging_urls: list[URLPattern] = [
    path("judging/", judging.judging_page, name="judging"),
    path("judge/", judging.judge, name="judge"),
    path("better/", judging.better, name="better"),
]
turn_urls: list[URLPattern] = [
    path("", turns.turn, name="turn"),
    path("made/", turns.made, name="made"),
    path("again/", turns.again, name="again"),
    path("edit/", turns.edit, name="edit"),
    path("stop/", turns.stop, name="stop"),
    path("show/", turns.show, name="show"),
]

# /chat/<conversation>/
conversation_judging_urls: list[URLPattern] = [
    path("judging/", judging.conversation_judging_page, name="conversation-judging"),
    path("judge/", judging.judge_conversation, name="judge-conversation"),
]
conversation_urls: list[URLPattern] = [
    path("", conversations.conversation, name="conversation"),
    path("turns/", conversations.turns, name="turns"),
    path("ask/", turns.ask, name="ask"),
    path("rename/", conversations.rename, name="rename"),
    path("archive/", conversations.archive, name="archive"),
    path("restore/", conversations.restore, name="restore"),
    path("draft/", conversations.draft, name="draft"),
    re_path(r"^export\.(?P<ending>md|jsonl)$", conversations.export, name="export"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("list/", home.conversations, name="list"),
    path("new/<uuid:endpoint_id>/", home.new, name="new"),
    path("endpoints/", include(endpoint_urls)),
    path("compare/", include(comparison_urls)),
    path("to-session/", include(to_session_urls)),
    path("batches/", include(batch_urls)),
    path("turns/<uuid:turn_id>/", include(judging_urls)),
    path("turns/<uuid:turn_id>/", include(turn_urls)),
    path("<uuid:conversation_id>/", include(conversation_judging_urls)),
    path("<uuid:conversation_id>/", include(conversation_urls)),
]
