"""Sign-in by password or by link, and sign-out."""

from __future__ import annotations

import sesame.utils
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.forms import SignInForm


class SignInView(LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class SignOutView(LogoutView):
    pass


@require_GET  # not HEAD: link checkers send it, and the link is good once
@never_cache
def sign_in_by_link(request: HttpRequest) -> HttpResponse:
    """Sign in who holds the link, once. The one GET that writes: that is what such a link is."""
    if "prefetch" in request.headers.get("Sec-Purpose", ""):
        return HttpResponse(status=503)  # a browser's guess must not use the link up
    user = sesame.utils.get_user(request)
    if user is None:
        return render(request, "accounts/link_used.html", status=403)
    login(request, user, backend="accounts.backends.LinkBackend")
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    return redirect(target)
