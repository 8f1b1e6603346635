from __future__ import annotations

from django.urls import path

from traces.consumers import ArrivalsConsumer

websocket_urlpatterns = [path("ws/traces/", ArrivalsConsumer.as_asgi())]
