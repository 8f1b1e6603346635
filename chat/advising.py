"""What a manager can do about an endpoint that fails a test message. What experts read: chat.wording."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chat.events import Fault


def advice_on(fault: str) -> str:
    return {
        Fault.UNREACHABLE: _("Check the address, and that the server behind it is up and lets this one in."),
        Fault.NOT_ALLOWED: _("Whoever runs this server can allow it with the setting ENDPOINT_PRIVATE_ADDRESSES."),
        Fault.SLOW_START: _("Is it asleep, or busy? If it is simply slow, give it more patience for the first word."),
        Fault.STALLED: _("Something on the way stopped it. If it pauses by nature, give it more patience."),
        Fault.TOO_LONG: _("A test message waits half a minute at most. Conversations wait as long as set."),
        Fault.TOO_LARGE: _("Limit the answer’s length with a parameter such as max_tokens."),
        Fault.REFUSED_KEY: _("Check the secret, and the header that it goes in."),
        Fault.NOT_FOUND: _("Check the address and the name of the model."),
        Fault.BAD_REQUEST: _("Read what it said, and compare it with “What will be sent”."),
        Fault.BUSY: _("Try again in a while."),
        Fault.WEB_PAGE: _("Is this the address of the interface, and not of its web page? Does it want a secret?"),
        Fault.NOT_UNDERSTOOD: _("Perhaps it speaks in another way: choose another one above."),
        Fault.EMPTY: _("Check the name of the model, and the way it speaks."),
        Fault.SECRET_LOST: _("It was sealed with another SECRET_KEY. Enter it again."),
    }.get(Fault(fault) if fault in set(Fault) else Fault.BROKEN, _("Read what it said; its own log may know more."))
