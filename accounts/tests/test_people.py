from __future__ import annotations

import pytest
from django.db import IntegrityError

from accounts.models import Role, User


def test_address_is_kept_in_lower_case(db):
    assert User.objects.create_user("  Erin@Example.ORG ").email == "erin@example.org"


def test_database_refuses_the_same_address_in_other_case(alice):
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email="Alice@example.org")])


@pytest.mark.parametrize(
    ("role", "runs_sessions", "reads_traces", "administers"),
    [
        (Role.EXPERT, False, False, False),
        (Role.DEVELOPER, False, True, False),
        (Role.MANAGER, True, True, False),
        (Role.ADMIN, True, True, True),
    ],
)
def test_what_each_role_may(role, runs_sessions, reads_traces, administers):
    person = User(email="erin@example.org", role=role)

    assert (person.runs_sessions, person.reads_traces, person.is_staff) == (runs_sessions, reads_traces, administers)
    assert person.has_perm("traces.view_trace") is administers


def test_admin_who_may_not_sign_in_may_nothing():
    assert not User(role=Role.ADMIN, is_active=False).has_perm("traces.view_trace")


def test_superuser_is_an_admin(db):
    assert User.objects.create_superuser("root@example.org", "a long enough secret").role == Role.ADMIN


@pytest.mark.parametrize(
    ("name", "email", "initials"),
    [("Alice Weber", "a@example.org", "AW"), ("Cher", "c@example.org", "C"), ("", "jo.doe@example.org", "JD")],
)
def test_initials(name, email, initials):
    assert User(name=name, email=email).initials == initials
