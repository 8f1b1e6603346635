from __future__ import annotations

from django.urls import URLPattern, include, path, re_path

from chat.views import conversations, home, turns

app_name = "chat"

# /chat/endpoints/
endpoint_urls: list[URLPattern] = []

# /chat/compare/
comparison_urls: list[URLPattern] = []

# /chat/turns/<turn>/
judging_urls: list[URLPattern] = []
turn_urls: list[URLPattern] = [
    path("made/", turns.made, name="made"),
    path("again/", turns.again, name="again"),
    path("edit/", turns.edit, name="edit"),
    path("stop/", turns.stop, name="stop"),
    path("show/", turns.show, name="show"),
]

# /chat/<conversation>/
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
    path("turns/<uuid:turn_id>/", include(judging_urls)),
    path("turns/<uuid:turn_id>/", include(turn_urls)),
    path("<uuid:conversation_id>/", include(conversation_urls)),
]
