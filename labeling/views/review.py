"""The review page: from one item to the next, by plain forms or a fragment at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling import claiming, recording
from labeling.access import get_review_and_questions_for, get_review_for, get_session_for
from labeling.answers import AskedQuestion
from labeling.drawing import draw_completed, draw_item
from labeling.models import LabelingSession, Review
from labeling.questionnaire import Questionnaire
from labeling.reading_ahead import read_ahead
from labeling.reviewing import context_of, nothing_context, showing
from labeling.statements.looking_up import find_at_work
from labeling.work import progress_of
from reviewapp.lib.afterwards import afterwards
from reviewapp.lib.requests import UserRequest
from traces.ingest.incoming import clean_text
from traces.reading.rendering import render_markdown

if TYPE_CHECKING:
    from labeling.statements.looking_up import ReviewerAtWork

MOST_ACTIVE_S = 60 * 60 * 12  # of one item; a browser may send anything


@require_safe
@never_cache
@login_required
def review(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Show the item this person holds, or hand one out.

    Opening the page is how one takes an item, so this GET writes: a hold, which ends by itself.
    """
    session = get_session_for(request.user, session_id)
    if must_read_guidelines(session, request):
        ctx = {"session": session, "instructions_html": render_markdown(session.instructions)}
        return render(request, "labeling/before.html", ctx)
    held = claiming.next_review(session, request.user) if session.is_open else None
    return page(request, session, held)


@require_safe
@never_cache
@login_required
def my_review(request: UserRequest, review_id: UUID) -> HttpResponse:
    """Show one of my own items again, finished or not."""
    mine = get_review_for(request.user, review_id)
    if mine.status == Review.Status.PENDING and mine.session.is_open:
        claiming.hold(mine)
        mine.refresh_from_db(fields=["status", "lease_until"])
    return page(request, mine.session, mine)


@require_safe
@login_required
def step(request: UserRequest, session_id: UUID, *, forward: bool) -> HttpResponse:
    """Go to the item that was handed out before or after the one in `from`; without it, to my last."""
    session = get_session_for(request.user, session_id)
    mine = Review.objects.filter(session=session, user=request.user)
    current = showing(mine, request.GET.get("from", ""))
    if current is None:
        found = None if forward else mine.order_by("-handed_out_at", "-id").first()
    elif forward:
        found = mine.filter(handed_out_at__gt=current.handed_out_at).order_by("handed_out_at").first()
    else:
        found = mine.filter(handed_out_at__lt=current.handed_out_at).order_by("-handed_out_at").first()
    if found is None or (forward and found.is_held):
        return redirect("labeling:review", session.pk) if forward or current is None else redirect(current)
    return redirect(found)


@require_POST
@login_required
def guidelines_read(request: UserRequest, session_id: UUID) -> HttpResponse:
    session = get_session_for(request.user, session_id)
    session.reviewers.filter(user=request.user).update(guidelines_read_at=timezone.now())
    return redirect("labeling:review", session.pk)


@require_POST
@login_required
def hand_out(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Hand out the item after the one on the screen, so that it is there at once; 204 when there is none."""
    session = get_session_for(request.user, session_id)
    if not session.is_open:
        return HttpResponse(status=204)
    after = claiming.next_review(session, request.user, besides=besides(request))
    if after is None:
        return HttpResponse(status=204)
    return HttpResponse(draw_item(request, context_of(after)))


@require_POST
@login_required
def save_draft(request: UserRequest, review_id: UUID) -> HttpResponse:
    """Keep what was typed and prolong the hold. Where scripts don't run, nobody calls this."""
    mine, questions = get_review_and_questions_for(request.user, review_id)
    questionnaire = Questionnaire(questions, data=request.POST)
    recording.save_draft(mine, questionnaire.draft(), active_s=active_s(request))
    is_held = mine.is_finished or claiming.hold(mine)
    return HttpResponse(status=204 if is_held else 409)


@require_POST
@login_required
def complete(request: UserRequest, review_id: UUID) -> HttpResponse:
    mine, questions = get_review_and_questions_for(request.user, review_id)
    questionnaire = Questionnaire(questions, data=request.POST)
    if not questionnaire.is_valid():
        recording.save_draft(mine, questionnaire.draft(), active_s=active_s(request))
        return refused(request, mine, questionnaire, _("Something is still needed. Your answers are kept."), 422)
    try:
        at_work = recording.complete(
            mine, questionnaire.answers(), active_s=active_s(request), besides=besides(request)
        )
    except recording.LeaseLost:
        message = _("Somebody else took this item while you were away. Your text is kept here, and shown to you only.")
    except recording.SessionNotOpen:
        message = _("The session was closed before you finished. Your text is kept; ask who runs it to open it again.")
    else:
        return onward(request, mine, questionnaire.questions, at_work)
    recording.save_draft(mine, questionnaire.draft(), active_s=active_s(request))
    return refused(request, mine, questionnaire, message, 409)


@require_POST
@login_required
def decline(request: UserRequest, review_id: UUID) -> HttpResponse:
    mine, questions = get_review_and_questions_for(request.user, review_id)
    questionnaire = Questionnaire(questions, data=request.POST)
    reason = request.POST.get("decline_reason", "")
    if reason not in Review.Reason.values:
        return refused(request, mine, questionnaire, _("Say why you can't judge this one."), 422)
    recording.save_draft(mine, questionnaire.draft(), active_s=active_s(request))
    try:
        recording.decline(mine, reason=reason, note=clean_text(request.POST.get("decline_note", ""))[:1000])
    except (recording.LeaseLost, recording.SessionNotOpen):
        return refused(request, mine, questionnaire, _("This item is no longer yours. Your text is kept."), 409)
    return onward(request, mine, questionnaire.questions)


@require_POST
@login_required
def undo(request: UserRequest, review_id: UUID) -> HttpResponse:
    """Take back what was finished or put aside: the item is held again, with the answers as they were."""
    mine = get_review_for(request.user, review_id)
    try:
        recording.undo(mine)
    except (recording.LeaseLost, recording.SessionNotOpen):
        message = _("This can't be taken back: the session is closed, or somebody else has the item now.")
        return refused(request, mine, None, message, 409)
    if request.htmx:
        return HttpResponse(draw_completed(request, progress_of(mine.session, request.user), context_of(mine)))
    return redirect(mine)


def must_read_guidelines(session: LabelingSession, request: UserRequest) -> bool:
    """Whether the guidelines come first: once, before the first item."""
    if not session.is_open or not session.instructions:
        return False
    return session.reviewers.filter(user=request.user, guidelines_read_at=None).exists()


def page(request: UserRequest, session: LabelingSession, review: Review | None) -> HttpResponse:
    ctx: dict[str, Any] = {
        "session": session,
        "review": review,
        "progress": progress_of(session, request.user),
        "instructions_html": render_markdown(session.instructions),
        "shows_guidelines": "guidelines" in request.GET,
    }
    ctx |= context_of(review) if review else nothing_context(session, request.user)
    return render(request, "labeling/review.html", ctx)


def onward(
    request: UserRequest,
    finished: Review,
    questions: Sequence[AskedQuestion],
    at_work: ReviewerAtWork | None = None,
) -> HttpResponse:
    """Answer with what comes next, in the same response; `at_work` if it was looked up a moment ago."""
    session = finished.session
    if not request.htmx:
        return redirect("labeling:review", session.pk)
    shown = besides(request)
    at_work = at_work or find_at_work(session.pk, request.user.pk, shown)
    after = claiming.next_review_for(at_work, request.user, besides=shown) if at_work else None
    progress = progress_of(session, request.user, at_work)
    ctx: dict[str, Any] = {}
    if after:
        ctx = context_of(after, questions=questions)
    elif not shown:
        ctx = nothing_context(session, request.user)
    response = HttpResponse(draw_completed(request, progress, ctx))
    return afterwards(response, partial(read_ahead, session.pk, request.user.pk)) if after else response


def refused(
    request: UserRequest, review: Review, questionnaire: Questionnaire | None, message: str, status: int
) -> HttpResponse:
    """Show the item again as it was sent, with what is wrong."""
    ctx = {**context_of(review, questionnaire), "message": message, "message_level": "error"}
    if request.htmx:
        return HttpResponse(draw_item(request, ctx), status=status)
    ctx |= {
        "progress": progress_of(review.session, request.user),
        "instructions_html": render_markdown(review.session.instructions),
    }
    return render(request, "labeling/review.html", ctx, status=status)


def besides(request: UserRequest) -> set[UUID]:
    """The item that the page shows already, and which is therefore not the next one."""
    try:
        return {UUID(request.POST.get("showing", ""))}
    except ValueError:
        return set()


def active_s(request: UserRequest) -> int:
    sent = request.POST.get("active_s", "")
    return min(int(sent), MOST_ACTIVE_S) if sent.isdecimal() and len(sent) < 9 else 0
