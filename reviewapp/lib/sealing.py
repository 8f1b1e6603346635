"""Secrets at rest: sealed with a key derived from SECRET_KEY, opened only to be sent where they belong."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotOpen(ValueError):
    """The secret was sealed with another SECRET_KEY: it has to be entered again."""


def seal(secret: str) -> str:
    """Return the secret as text that only this installation can open; nothing stays nothing."""
    return sealer().encrypt(secret.encode()).decode() if secret else ""


def unseal(sealed: str) -> str:
    """Return what was sealed. Raises: CannotOpen."""
    if not sealed:
        return ""
    try:
        return sealer().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotOpen("sealed with another key") from error


def sealer() -> MultiFernet:
    """Seal with today's key, open with former ones too: SECRET_KEY_FALLBACKS, as Django's own signing."""
    return MultiFernet([fernet_of(str(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def fernet_of(secret_key: str) -> Fernet:
    # The name is a former place of this module: another one would open nothing that was sealed before.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"reviewapp.chat.sealing").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
