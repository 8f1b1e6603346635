from __future__ import annotations

from django.urls import URLPattern, include, path

app_name = "chat"

# /chat/endpoints/
endpoint_urls: list[URLPattern] = []

# /chat/compare/
comparison_urls: list[URLPattern] = []

# /chat/turns/<turn>/
judging_urls: list[URLPattern] = []
turn_urls: list[URLPattern] = []

# /chat/<conversation>/
conversation_urls: list[URLPattern] = []

urlpatterns = [
    path("endpoints/", include(endpoint_urls)),
    path("compare/", include(comparison_urls)),
    path("turns/<uuid:turn_id>/", include(judging_urls)),
    path("turns/<uuid:turn_id>/", include(turn_urls)),
    path("<uuid:conversation_id>/", include(conversation_urls)),
]
