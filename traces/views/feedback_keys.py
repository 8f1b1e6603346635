"""Publishable keys, and what still waits for its trace."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reviewapp.lib.requests import UserRequest
from traces.feedback.access import (
    get_key_changed_by,
    get_key_for,
    keys_changed_by,
    keys_for,
    unjoined_changed_by,
    unjoined_for,
)
from traces.feedback.forms import KeyForm
from traces.feedback.models import PublishableKey
from traces.feedback.receiving import look_again
from traces.views.widget import digest, integrity

SHOWN = 100  # of what waits


@require_safe
@login_required
def feedback_keys(request: UserRequest) -> HttpResponse:
    return render(request, "traces/feedback_keys.html", {"keys": keys_for(request.user), "section": "feedback"})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_feedback_key(request: UserRequest) -> HttpResponse:
    keys_changed_by(request.user)  # or 404, or 403
    form = KeyForm(request.POST or None, instance=PublishableKey(created_by=request.user))
    if form.is_bound and form.is_valid():
        return redirect(form.save())
    ctx = {"form": form, "section": "feedback"}
    return render(request, "traces/feedback_key.html", ctx, status=422 if form.is_bound else 200)


@require_safe
@login_required
def feedback_key(request: UserRequest, key_id: int) -> HttpResponse:
    return show_key(request, get_key_for(request.user, key_id))


@require_POST
@login_required
def change_feedback_key(request: UserRequest, key_id: int) -> HttpResponse:
    key = get_key_changed_by(request.user, key_id)
    form = KeyForm(request.POST, instance=key)
    if not form.is_valid():
        return show_key(request, key, form)
    messages.success(request, _("Saved."))
    return redirect(form.save())


def show_key(request: UserRequest, key: PublishableKey, form: KeyForm | None = None) -> HttpResponse:
    ctx = {
        "key": key,
        "form": form or KeyForm(instance=key),
        "site": settings.SITE_URL,
        "digest": digest(),
        "integrity": integrity(),
        "section": "feedback",
    }
    return render(request, "traces/feedback_key.html", ctx, status=422 if form else 200)


@require_POST
@login_required
def revoke_feedback_key(request: UserRequest, key_id: int) -> HttpResponse:
    key = get_key_changed_by(request.user, key_id)
    key.revoke()
    messages.success(request, _("Revoked: nothing more is taken by this key."))
    return redirect(key)


@require_POST
@login_required
def rotate_feedback_key(request: UserRequest, key_id: int) -> HttpResponse:
    new = get_key_changed_by(request.user, key_id).rotate(by=request.user)
    messages.success(request, _("This is the new key. The old one goes on for 7 days, for pages that are still open."))
    return redirect(new)


@require_safe
@login_required
def waiting_feedback(request: UserRequest) -> HttpResponse:
    """What has no trace yet, and what never got one."""
    found = unjoined_for(request.user)
    ctx = {"waiting": found[:SHOWN], "n": found.count(), "section": "feedback"}
    return render(request, "traces/feedback_waiting.html", ctx)


@require_POST
@login_required
def look_for_traces(request: UserRequest) -> HttpResponse:
    n = look_again(unjoined_changed_by(request.user))
    messages.success(request, ngettext("%(n)d trace was found.", "%(n)d traces were found.", n) % {"n": n})
    return redirect("traces:feedback-waiting")
