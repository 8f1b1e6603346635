"""The ASGI application: Django for HTTP, Channels for sockets."""

from __future__ import annotations

import gc
import os

import django
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
django.setup(set_prefix=False)

from labeling.routing import websocket_urlpatterns  # noqa: E402  (needs the app registry)
from reviewapp.handler import OneHopHandler  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": OneHopHandler(),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)

gc.collect()
gc.freeze()  # what is loaded by now stays: the collector need not walk it again and again
