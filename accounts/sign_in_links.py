"""Links that sign a person in, once."""

from __future__ import annotations

import sesame.utils
from django.conf import settings
from django.urls import reverse

from accounts.models import User


def sign_in_link(user: User) -> str:
    """Return an address that signs `user` in: good for one use and SIGN_IN_LINK_MAX_AGE_S seconds.

    A newer sign-in, by any way, makes it useless too: what is signed is the time of the last one.
    """
    return f"{settings.SITE_URL}{reverse('accounts:sign-in-by-link')}{sesame.utils.get_query_string(user)}"
