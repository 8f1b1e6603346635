"""The request as views see it once the guards have run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from accounts.models import User


class HtmxRequest(HttpRequest):
    """A request that may come from htmx, by somebody or nobody."""

    htmx: HtmxDetails


class UserRequest(HtmxRequest):
    """A request behind `login_required`: `user` is a real person."""

    user: User
