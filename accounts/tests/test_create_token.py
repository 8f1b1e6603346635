from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiToken


def create_token(*arguments: str) -> str:
    out = StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_a_token_that_works(dana):
    printed = create_token("Dana@example.org", "--name", "nightly import")

    assert printed.count("\n") == 1
    assert ApiToken.objects.user_of(printed.strip()) == dana
    assert ApiToken.objects.get().name == "nightly import"


def test_the_token_itself_is_not_kept(dana):
    secret = create_token("dana@example.org").strip()

    token = ApiToken.objects.get()
    assert secret not in (token.digest, token.hint)
    assert secret.endswith(token.hint)


def test_nobody_by_that_address(db):
    with pytest.raises(CommandError, match="Nobody here has the e-mail zoe@example.org"):
        create_token("zoe@example.org")


def test_person_who_may_not_sign_in(dana):
    dana.is_active = False
    dana.save(update_fields=["is_active"])

    with pytest.raises(CommandError, match="may not sign in"):
        create_token("dana@example.org")

    assert not ApiToken.objects.exists()


def test_name_that_is_too_long(dana):
    with pytest.raises(CommandError, match="100 characters"):
        create_token("dana@example.org", "--name", "x" * 101)
