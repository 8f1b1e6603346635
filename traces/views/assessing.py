"""Saying something about a trace or a span in place, and changing or deleting it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from accounts.models import User
from reviewapp.lib.requests import UserRequest
from traces import assessing
from traces.access import get_changeable_assessment_for, get_trace_for
from traces.assessment_form import AssessmentForm
from traces.models import Assessment, Trace
from traces.offering import QUESTION_KEY, Question, Said, SayingForm, question_for
from traces.reading.wording import said as in_one_line
from traces.side import Side, side_of
from traces.verdicts import may_change


@require_safe
@login_required
def panel(request: UserRequest, trace_id: str) -> HttpResponse:
    """What was said, without a form that was open."""
    return answer(request, get_trace_for(request.user, trace_id))


@require_POST
@login_required
def add(request: UserRequest, trace_id: str) -> HttpResponse:
    trace = get_trace_for(request.user, trace_id)
    form = AssessmentForm(request.POST)
    return saved(request, trace, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def question(request: UserRequest, trace_id: str, key: str) -> HttpResponse:
    """A question of the experiment's library, asked about the trace or a span."""
    trace = get_trace_for(request.user, trace_id)
    asked = question_for(trace.experiment, key)
    if asked is None:
        raise Http404("no such question")
    if request.method == "POST":
        return saved(request, trace, asked.form(request.POST), asked)
    return with_form(request, trace, asked.form(), question=asked)


def saved(request: UserRequest, trace: Trace, form: SayingForm, asked: Question | None = None) -> HttpResponse:
    """Write what a form says of the place that it names; an invalid one comes back."""
    span_id = request.POST.get("span_id", "")
    if span_id and not trace.spans.filter(span_id=span_id).exists():
        raise Http404("no such span")
    if not form.is_valid():
        return with_form(request, trace, form, question=asked, status=422)
    say(trace, request.user, form.said(), span_id)
    return answer(request, trace, _("Saved."))


def say(trace: Trace, user: User, said: Said, span_id: str) -> None:
    assessing.say(
        trace, user, kind=said.kind, name=said.name, value=said.value, rationale=said.rationale, span_id=span_id,
        metadata=said.metadata,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: UserRequest, trace_id: str, assessment_id: str) -> HttpResponse:
    """Another mind in the place of this one; what changed meanwhile is told, and what was typed is kept."""
    before = get_changeable_assessment_for(request.user, trace_id, assessment_id)
    form, asked = form_for(request, before)
    if request.method != "POST":
        return with_form(request, before.trace, form, question=asked, before=before)
    if not form.is_valid():
        return with_form(request, before.trace, form, question=asked, before=before, status=422)
    said = form.said()
    try:
        assessing.override(
            before, value=said.value, rationale=said.rationale, metadata={**before.metadata, **said.metadata},
            by=request.user,
        )  # fmt: skip
    except assessing.AssessingError as error:
        return changed_meanwhile(request, before, form, asked, error)
    return answer(request, before.trace, _("Saved."))


def form_for(request: UserRequest, before: Assessment) -> tuple[SayingForm, Question | None]:
    """Return the form in which an assessment was made: of its question, else of any name."""
    data = request.POST if request.method == "POST" else None
    asked = question_for(before.trace.experiment, str(before.metadata.get(QUESTION_KEY, "")))
    return (asked.form(data, before=before) if asked else AssessmentForm(data, before=before)), asked


def changed_meanwhile(
    request: UserRequest, before: Assessment, form: SayingForm, asked: Question | None, error: assessing.AssessingError
) -> HttpResponse:
    newer = error.by if isinstance(error, assessing.Replaced) else None
    if newer is not None and may_change(newer, request.user):
        notice = _("Meanwhile it was changed to “%(value)s” by %(source)s. Saving now puts yours in its place.")
        notice %= {"value": in_one_line(newer.value), "source": newer.source_id}
        before = newer
    else:
        notice = _("Meanwhile it was deleted or taken back. Cancel, and add it anew if it should be said.")
    return with_form(request, before.trace, form, question=asked, before=before, notice=notice, status=409)


@require_POST
@login_required
def delete(request: UserRequest, trace_id: str, assessment_id: str) -> HttpResponse:
    """It is gone, but for the history; what it replaced holds again."""
    said = get_changeable_assessment_for(request.user, trace_id, assessment_id)
    revived = assessing.delete(said, by=request.user)
    words = _("Deleted. What was said before holds again.") if revived else _("Deleted.")
    return answer(request, said.trace, words)


@require_POST
@login_required
def restore(request: UserRequest, trace_id: str, assessment_id: str) -> HttpResponse:
    """It holds again, unless somebody said something else in its place."""
    said = get_changeable_assessment_for(request.user, trace_id, assessment_id)
    try:
        assessing.restore(said, by=request.user)
    except assessing.Replaced:
        return answer(request, said.trace, _("Not restored: meanwhile something else was said in its place."))
    return answer(request, said.trace, _("Restored."))


def asked_side(request: UserRequest, trace: Trace) -> Side:
    """Return the side for the view and the chosen span that a form or an address names."""
    sent = request.POST if request.method == "POST" else request.GET
    return side_of(trace, request.user, view=sent.get("view", ""), span_id=sent.get("span", ""))


def answer(request: UserRequest, trace: Trace, words: str = "") -> HttpResponse:
    """Answer with what is said now: the fragment, or the way back to the trace."""
    side = asked_side(request, trace)
    if request.htmx:
        return render(request, "traces/_assessments.html", {"side": side, "said": words})
    if words:
        messages.success(request, words)
    return redirect(f"{side.address}#assessments")


def with_form(
    request: UserRequest,
    trace: Trace,
    form: SayingForm,
    *,
    question: Question | None = None,
    before: Assessment | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """Answer with a form: in the place of the one that was sent, or on a page of its own."""
    ctx = {
        "section": "traces", "trace": trace, "side": asked_side(request, trace), "form": form, "question": question,
        "before": before, "notice": notice, "place": request.POST.get("span_id"),
    }  # fmt: skip
    if not request.htmx:
        return render(request, "traces/assess.html", ctx, status=status)
    response = render(request, "traces/_assess_form.html", ctx, status=status)
    if status == 200:
        return response
    return retarget(reswap(response, "outerHTML"), f"#{request.htmx.trigger or 'assess-new'}")
