from __future__ import annotations

import pytest

from reviewapp.lib.sealing import CannotOpen, seal, unseal


def test_what_was_sealed_opens_again():
    assert unseal(seal("sk-very-secret")) == "sk-very-secret"


def test_the_sealed_text_does_not_hold_the_secret():
    assert "very" not in seal("sk-very-secret")


def test_another_key_opens_nothing(settings):
    sealed = seal("sk-very-secret")
    settings.SECRET_KEY = "another key of at least fifty characters, made for this test"
    with pytest.raises(CannotOpen):
        unseal(sealed)


def test_a_former_key_still_opens(settings):
    sealed = seal("sk-very-secret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of at least fifty characters, made for this test"
    assert unseal(sealed) == "sk-very-secret"
