"""What a person reads when an answer is not simply there: what happened, what was kept, what to do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.events import Fault, Reason
from chat.models import Turn


@dataclass(frozen=True, slots=True)
class Words:
    sentence: str
    detail: str = ""  # the endpoint's own message: plain text of a stranger
    may_retry: bool = True  # whether asking the same once more could help


def words_for(turn: Turn) -> Words | None:
    """Return the words for a turn, None while it runs and when all went well."""
    match turn.state:
        case Turn.State.RUNNING:
            return None
        case Turn.State.COMPLETE:
            happened = of_finish_reason(turn.finish_reason)
            return Words(happened) if happened else None
        case Turn.State.FAILED:
            return of_failure(turn)
    return Words(of_state(turn.state, has_text=bool(turn.text)))


def of_finish_reason(reason: str) -> str:
    match reason:
        case Reason.LENGTH:
            return _("The answer reached its length limit and ends early. You can ask it to continue.")
        case Reason.CONTENT_FILTER:
            return _("A content filter ended this answer. You can judge what is here, or ask in another way.")
        case Reason.TOOL_CALLS:
            return _("The application waits for a tool that is not run here. You can judge what is here, or ask again.")
    return ""


def of_state(state: str, *, has_text: bool) -> str:
    match state:
        case Turn.State.STOPPED if has_text:
            return _("You stopped this answer. What had come is kept and can be judged.")
        case Turn.State.STOPPED:
            return _("You stopped before an answer came. You can try again.")
        case Turn.State.UNMARKED:
            return _("The answer ended without saying that it was complete. It may be all of it. "
                     "Judge it as it is, or try again.")  # fmt: skip
        case Turn.State.CUT_OFF if has_text:
            return _("The connection broke in the middle of the answer. What had come is kept. You can try again.")
        case Turn.State.CUT_OFF:
            return _("The connection broke before an answer came. Your message is kept. You can try again.")
        case Turn.State.INTERRUPTED if has_text:
            return _("This server restarted while the answer was coming. What had come is kept. You can try again.")
    return _("This server restarted before an answer came. Your message is kept. You can try again.")


def of_failure(turn: Turn) -> Words:
    fault = turn.failure.get("fault", Fault.BROKEN)
    seconds = turn.failure.get("retry_after_s")
    advice = advice_for(fault, seconds)
    sentences = [happened_for(fault), kept(has_text=bool(turn.text)), advice]
    return Words(" ".join(sentences), str(turn.failure.get("detail", "")), may_retry=fault not in FOR_MANAGERS)


# Faults that stay until somebody changes the endpoint.
FOR_MANAGERS = {Fault.NOT_ALLOWED, Fault.REFUSED_KEY, Fault.NOT_FOUND, Fault.WEB_PAGE, Fault.NOT_UNDERSTOOD,
                Fault.SECRET_LOST}  # fmt: skip


def happened_for(fault: str) -> str:
    return {
        Fault.UNREACHABLE: _("The application could not be reached."),
        Fault.NOT_ALLOWED: _("The application's address is not allowed here."),
        Fault.SLOW_START: _("The application did not begin to answer in time."),
        Fault.STALLED: _("The application fell silent in the middle of the answer."),
        Fault.TOO_LONG: _("The answer took longer than allowed and was ended."),
        Fault.TOO_LARGE: _("The answer was larger than allowed and was ended."),
        Fault.REFUSED_KEY: _("The application refused our access."),
        Fault.NOT_FOUND: _("The application, or its model, was not found at its address."),
        Fault.BAD_REQUEST: _("The application did not accept the message."),
        Fault.BUSY: _("The application is busy."),
        Fault.WEB_PAGE: _("A web page came instead of an answer, perhaps a sign-in page."),
        Fault.NOT_UNDERSTOOD: _("An answer came in a form that could not be read."),
        Fault.EMPTY: _("The application ended its answer without saying anything."),
        Fault.SECRET_LOST: _("The application's access key can no longer be opened."),
    }.get(Fault(fault) if fault in set(Fault) else Fault.BROKEN, _("The application reported an error."))


def kept(*, has_text: bool) -> str:
    return _("What had come is kept.") if has_text else _("Your message is kept.")


def advice_for(fault: str, seconds: float | None) -> str:
    if fault in FOR_MANAGERS:
        return _("Please tell the person who set up this chat.")
    if fault == Fault.BAD_REQUEST:
        return _("Try a shorter or different message; if that fails too, tell the person who set up this chat.")
    if fault == Fault.TOO_LARGE:
        return _("Ask for less at once, or try again.")
    if fault == Fault.BUSY:
        return in_a_while(seconds)
    return _("You can try again.")


def in_a_while(seconds: float | None) -> str:
    """Return when to try again, rounded up so that it isn't too early."""
    if seconds is None:
        return _("Wait a moment, then try again.")
    n = max(1, math.ceil(seconds))
    if n < 100:
        return ngettext("You can try again in %(n)d second.", "You can try again in %(n)d seconds.", n) % {"n": n}
    n = math.ceil(n / 60)
    return ngettext("You can try again in %(n)d minute.", "You can try again in %(n)d minutes.", n) % {"n": n}
