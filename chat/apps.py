from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Chat")

    def ready(self) -> None:
        from chat import (
            access,  # noqa: F401  registers who may read which trace
            addresses,
            linking,  # noqa: F401  hears of the traces that arrive
            retaining,  # noqa: F401  registers which traces stay
            settling,  # noqa: F401  so does this
        )

        addresses.exceptions()  # a wrong value stops the start
