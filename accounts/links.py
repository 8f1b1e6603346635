"""Links that sign a person in, once."""

from __future__ import annotations

from urllib.parse import urlencode

import sesame.utils
from django.conf import settings
from django.urls import reverse

from accounts.models import User


def sign_in_link(user: User, *, leads_to: str = "") -> str:
    """Return an absolute address that signs `user` in, once and for SIGN_IN_LINK_MAX_AGE_S seconds.

    `leads_to` is a path here, for where they go then; home when empty.
    """
    query = sesame.utils.get_parameters(user) | ({"next": leads_to} if leads_to else {})
    return f"{settings.SITE_URL}{reverse('accounts:sign-in-by-link')}?{urlencode(query)}"
