"""A person's API tokens: made, seen once, revoked."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import get_token_of, tokens_of
from accounts.forms import TokenForm
from accounts.models import ApiToken
from reviewapp.lib.requests import UserRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def tokens(request: UserRequest) -> HttpResponse:
    """Show a person's tokens; a new one stands in the answer to its form, and nowhere after that."""
    own = tokens_of(request.user)
    form = TokenForm(request.POST or None, owner=request.user)
    ctx = {"tokens": own, "form": form}
    if form.is_bound and not form.is_valid():
        return render(request, "accounts/tokens.html", ctx, status=422)
    if form.is_bound:
        made = ApiToken.objects.issue(user=request.user, name=form.cleaned_data["name"])
        ctx |= {"form": TokenForm(owner=request.user), "made": made, "uses": uses_of(made)}
    return render(request, "accounts/tokens.html", ctx)


def uses_of(secret: str) -> list[tuple[str, str]]:
    """Return what a token is for, and the line that says it to a shell."""
    site = settings.SITE_URL
    exporters = f"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={site}/v1/traces"
    return [
        (_("For MLflow’s client"), f"export MLFLOW_TRACKING_URI={site} MLFLOW_TRACKING_TOKEN={secret}"),
        (
            _("For OpenTelemetry’s exporters"),
            f"export {exporters} OTEL_EXPORTER_OTLP_TRACES_HEADERS=authorization=Bearer%20{secret}",
        ),
    ]


@require_POST
@login_required
def revoke_token(request: UserRequest, token_id: int) -> HttpResponse:
    token = get_token_of(request.user, token_id)
    said = _("Revoked: programs that use %(token)s are not let in any more.") % {"token": token}
    token.delete()
    messages.success(request, said)
    return redirect("accounts:tokens")
