"""Links that sign a person in, once."""

from __future__ import annotations

from urllib.parse import urlencode

import sesame.utils
from django.conf import settings
from django.urls import reverse

from accounts.models import User


def sign_in_link(user: User, *, leads_to: str = "") -> str:
    """Return an address that signs `user` in: good for one use and SIGN_IN_LINK_MAX_AGE_S seconds.

    `leads_to` is the path here where they arrive; home when empty. A newer sign-in, by any way,
    makes the link useless too: what is signed is the time of the last one.
    """
    query = sesame.utils.get_parameters(user) | ({"next": leads_to} if leads_to else {})
    return f"{settings.SITE_URL}{reverse('accounts:sign-in-by-link')}?{urlencode(query)}"
