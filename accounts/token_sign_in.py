"""Who a program speaks for: the API token in its request."""

from __future__ import annotations

import base64
import binascii

from django.http import HttpRequest

from accounts.models import ApiToken, User


def user_of_token(request: HttpRequest) -> User | None:
    """Return the person whose API token the request carries; None without a good one."""
    return user_of_authorization(request.headers.get("Authorization", ""))


def user_of_authorization(header: str) -> User | None:
    """Return the person of an `Authorization` header; None without a good token.

    `Bearer TOKEN`, or Basic with the token as the password, which is what clients send that know
    only user name and password.
    """
    scheme, _, value = header.partition(" ")
    secret = value.strip()
    if scheme.lower() == "basic":
        secret = _password(secret)
    elif scheme.lower() != "bearer":
        return None
    return ApiToken.objects.user_of(secret) if secret else None


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
