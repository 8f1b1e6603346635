from __future__ import annotations

from django.urls import URLPattern, include, path, re_path

from chat.comparison_urls import batch_urls, comparison_urls, to_session_urls
from chat.endpoint_urls import endpoint_urls
from chat.views import conversations, home, judging, turns

app_name = "chat"

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
