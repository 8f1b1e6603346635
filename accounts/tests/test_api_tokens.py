from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import ApiToken
from accounts.token_sign_in import user_of_token


@pytest.fixture
def secret(dana) -> str:
    return ApiToken.objects.issue(user=dana, name="import")


def request_with(authorization: str):
    return RequestFactory().get("/", headers={"authorization": authorization})


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "Bearer  {} "])
def test_bearer_token_speaks_for_its_person(dana, secret, form):
    assert user_of_token(request_with(form.format(secret))) == dana


def test_token_as_basic_password_speaks_for_its_person(dana, secret):
    assert user_of_token(request_with(basic(f"anything:{secret}"))) == dana


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer ra_wrong", "Token x", "Basic %%%", "Basic /w==", "Basic"]
)
def test_anything_else_speaks_for_nobody(secret, header):
    assert user_of_token(request_with(header)) is None


def test_the_digest_is_no_token(secret):
    assert user_of_token(request_with(f"Bearer {ApiToken.objects.get().digest}")) is None


def test_token_of_a_person_who_may_not_sign_in(dana, secret):
    dana.is_active = False
    dana.save(update_fields=["is_active"])

    assert user_of_token(request_with(f"Bearer {secret}")) is None


def test_revoked_token(secret):
    ApiToken.objects.all().delete()

    assert user_of_token(request_with(f"Bearer {secret}")) is None


def test_use_is_noted_once_an_hour(secret):
    ApiToken.objects.user_of(secret)
    noted = ApiToken.objects.get().last_used_at
    ApiToken.objects.user_of(secret)
    assert ApiToken.objects.get().last_used_at == noted

    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=61))
    ApiToken.objects.user_of(secret)
    assert ApiToken.objects.get().last_used_at > noted
