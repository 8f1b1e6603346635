"""The address of an endpoint: what can be one, and what this server does not call."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx
from asgiref.sync import async_to_sync
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chat.addresses import AddressRefused, check

LOOK_UP_S = 5
MAX_LENGTH = 2_000  # characters, as the model


class AddressField(forms.CharField):
    """An http address as it should be spelt."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_LENGTH, **kwargs)

    def clean(self, value: Any) -> str:
        url: str = super().clean(value)
        check_spelling(url)
        return url


async def look(url: str) -> None:
    """Look the host's name up, for as long as a page may wait. Raises: AddressRefused."""
    try:
        async with asyncio.timeout(LOOK_UP_S):
            await check(url)
    except AddressRefused:
        raise
    except (TimeoutError, httpx.ConnectError):  # nobody knows the name now: a test message will say so
        return


def check_reach(url: str) -> None:
    """Raises: ValidationError for an address that this server does not call."""
    try:
        async_to_sync(look)(url)
    except AddressRefused as error:
        raise ValidationError(
            _("This address leads into a private network, and this server does not call those. Whoever runs it "
              "can allow it with the setting ENDPOINT_PRIVATE_ADDRESSES.")
        ) from error  # fmt: skip


def check_spelling(url: str) -> None:
    """Raises: ValidationError, in words."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as error:
        raise ValidationError(_("This is no address. One looks like https://example.org/v1.")) from error
    if parts.scheme not in {"http", "https"}:
        raise ValidationError(_("An address starts with https:// or http://."))
    if not parts.hostname or any(letter.isspace() or not letter.isprintable() for letter in url):
        raise ValidationError(_("This is no address. One looks like https://example.org/v1."))
    if parts.username is not None or parts.password is not None:
        raise ValidationError(_("Leave the name and password out of the address: a key belongs in the secret."))
    if parts.fragment:
        raise ValidationError(_("Leave out what follows #: it is never sent."))
