from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.throttle import forget_failures, is_throttled, note_failure

MOST_TOKENS = 50  # of one person


class SignInForm(AuthenticationForm):
    """E-mail and password; says the same whether the person or the password is wrong."""

    error_messages = {
        "invalid_login": _("This e-mail and this password do not go together."),
        "throttled": _("Too many wrong passwords. Try again in a quarter of an hour, or ask for a sign-in link."),
    }

    def clean(self) -> dict[str, Any]:
        email = self.cleaned_data.get("username", "")
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        if is_throttled(email, address):
            raise ValidationError(self.error_messages["throttled"], code="throttled")
        try:
            cleaned = super().clean()
        except ValidationError:
            note_failure(email, address)
            raise
        if self.get_user():  # not after an empty password: nothing was tried
            forget_failures(email, address)
        return cleaned


class TokenForm(forms.Form):
    """What a new token is for."""

    use_required_attribute = False
    name = forms.CharField(
        label=_("What is it for?"),
        max_length=100,
        error_messages={"required": _("Name the program, so that you know later which token to revoke.")},
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner

    def clean(self) -> dict[str, Any]:
        if self.owner.api_tokens.count() >= MOST_TOKENS:
            raise ValidationError(
                _("You have %(most)s tokens already. Revoke one that is not used any more."),
                params={"most": MOST_TOKENS},
            )
        return self.cleaned_data
