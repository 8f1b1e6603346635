"""The ASGI application: Django for HTTP, Channels for sockets."""

from __future__ import annotations

import gc
import os
import sys

import django
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
django.setup(set_prefix=False)

import chat.routing  # noqa: E402  (needs the app registry)
import labeling.routing  # noqa: E402
import traces.routing  # noqa: E402
from chat.lifespan import lifespan  # noqa: E402
from reviewapp.handler import OneHopHandler  # noqa: E402
from reviewapp.origins import OwnPagesOnly  # noqa: E402
from traces.ingest.counting_bodies import CountingBodies  # noqa: E402

# Threads that are busy with the database give way to the event loop sooner than Python's usual 5 ms, five of which
# in a row would be seen in a stream of words.
sys.setswitchinterval(0.001)  # seconds

sockets = URLRouter(
    [
        *traces.routing.websocket_urlpatterns,
        *labeling.routing.websocket_urlpatterns,
        *chat.routing.websocket_urlpatterns,
    ]
)

application = ProtocolTypeRouter(
    {
        "http": CountingBodies(OneHopHandler()),
        "lifespan": lifespan,
        "websocket": OwnPagesOnly(AuthMiddlewareStack(sockets)),
    }
)

gc.collect()
gc.freeze()  # what is loaded by now stays: the collector need not walk it again and again
gc.set_threshold(20_000)  # a body of spans is some ten thousand objects; Python's 700 made it run several times
