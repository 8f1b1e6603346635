"""Send what end users disliked, and a share of the rest, to a session: once, or again and again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling import standing_rules as deeds
from labeling.access import get_standing_rule_for, standing_rules_for
from labeling.forms.standing import RuleForm, SendForm, fresh
from labeling.models import LabelingSession
from labeling.views.guards import managers_only
from reviewapp.lib.requests import UserRequest
from traces.models import Experiment, Trace


@require_safe
@login_required
def standing_rules(request: UserRequest) -> HttpResponse:
    ctx = {"rules": standing_rules_for(request.user), "section": "feedback"}
    return render(request, "labeling/standing_rules.html", ctx)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@managers_only
def new_standing(request: UserRequest) -> HttpResponse:
    if request.method != "POST":
        return show_new(request, SendForm(fresh(experiment_of(request))))
    form = SendForm(request.POST)
    if not form.is_valid():
        return show_new(request, form, status=422)
    session = form.target(by=request.user)
    if rule := form.rule(session, by=request.user):
        rule.take_turn()
        deeds.run(rule)
        return redirect(rule)
    try:
        n = deeds.send(form.chosen(), session)
    except deeds.CannotSend as error:
        form.add_error("session", str(error))
        return show_new(request, form, status=422)
    messages.success(request, sent(n))
    return redirect_to(session)


def show_new(request: UserRequest, form: SendForm, status: int = 200) -> HttpResponse:
    ctx = {"form": form, **foreseen(form), "section": "feedback"}
    return render(request, "labeling/standing_new.html", ctx, status=status)


@require_safe
@login_required
@managers_only
def preview(request: UserRequest) -> HttpResponse:
    """How many it would be."""
    form = SendForm(request.GET)
    return render(request, "labeling/_standing_preview.html", {"form": form, **foreseen(form)})


def foreseen(form: SendForm) -> dict[str, Any]:
    if not form.is_valid():
        return {"draw": None}
    choice = form.chosen()
    return {"choice": choice, "draw": choice.draw().without(form.cleaned_data["session"])}


def experiment_of(request: UserRequest) -> Experiment:
    """Return the one that was asked for, else that of the newest trace."""
    named = request.GET.get("experiment", "")
    asked = Experiment.objects.filter(pk=int(named)).first() if named.isdecimal() and len(named) < 19 else None
    newest = Trace.objects.select_related("experiment").order_by("-request_time", "-trace_id").first()
    return asked or (newest.experiment if newest else Experiment.objects.earliest("pk"))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def standing_rule(request: UserRequest, rule_id: UUID) -> HttpResponse:
    rule = get_standing_rule_for(request.user, rule_id)
    form = RuleForm(request.POST or None, rule=rule)
    if form.is_bound and form.is_valid():
        messages.success(request, _("Saved."))
        return redirect(form.save())
    ctx = {"rule": rule, "form": form, "section": "feedback"}
    return render(request, "labeling/standing_rule.html", ctx, status=422 if form.is_bound else 200)


@require_POST
@login_required
def pause(request: UserRequest, rule_id: UUID) -> HttpResponse:
    rule = get_standing_rule_for(request.user, rule_id)
    rule.pause()
    return redirect(rule)


@require_POST
@login_required
def resume(request: UserRequest, rule_id: UUID) -> HttpResponse:
    rule = get_standing_rule_for(request.user, rule_id)
    rule.resume()
    return redirect(rule)


@require_POST
@login_required
def run_now(request: UserRequest, rule_id: UUID) -> HttpResponse:
    rule = get_standing_rule_for(request.user, rule_id)
    if deeds.run(rule):
        messages.success(request, sent(rule.last_added))
    return redirect(rule)


@require_POST
@login_required
def delete(request: UserRequest, rule_id: UUID) -> HttpResponse:
    """End the rule; what it sent stays in the session."""
    get_standing_rule_for(request.user, rule_id).delete()
    messages.success(request, _("The rule is deleted. What it sent stays in the session."))
    return redirect("labeling:standing-rules")


def sent(n: int) -> str:
    return ngettext("%(n)d trace was sent to the session.", "%(n)d traces were sent to the session.", n) % {"n": n}


def redirect_to(session: LabelingSession) -> HttpResponse:
    is_draft = session.state == LabelingSession.State.DRAFT
    return redirect("labeling:setup" if is_draft else "labeling:session", session.pk)
