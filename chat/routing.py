from __future__ import annotations

from django.urls import path

from chat.comparison_consumer import ComparisonConsumer
from chat.consumers import ChatConsumer

websocket_urlpatterns = [
    path("ws/chat/compare/<uuid:comparison_id>/", ComparisonConsumer.as_asgi()),
    path("ws/chat/<uuid:conversation_id>/", ChatConsumer.as_asgi()),
]
