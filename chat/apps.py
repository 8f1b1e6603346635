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
            grown,  # noqa: F401  and so do open pages
            linking,  # noqa: F401  hears of the traces that arrive
            offering,  # noqa: F401  offers to ask an endpoint for a session
            relating,  # noqa: F401  leads from a trace to its chat
            retaining,  # noqa: F401  registers which traces stay
            settling,  # noqa: F401  so does this
        )
        from traces.elsewhere import keeps_own

        keeps_own("reviewapp.conversation", _("It was said in a chat, and is changed there."))
        keeps_own("reviewapp.comparison", _("It was said side by side with another answer, and is changed there."))
        addresses.exceptions()  # a wrong value stops the start
