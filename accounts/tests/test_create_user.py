from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Role, User

PASSWORD = "a long enough secret"


def create_user(*arguments: str) -> str:
    out = StringIO()
    call_command("create_user", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("role", Role.values)
def test_it_makes_a_person_of_each_role(db, role):
    said = create_user("Erin@Example.org", "--role", role, "--name", "Erin Vale")

    erin = User.objects.get(email="erin@example.org")
    assert (erin.role, erin.name, erin.has_usable_password()) == (role, "Erin Vale", False)
    assert said == f"Made erin@example.org, {role}.\n"


def test_a_person_is_an_expert_unless_said_otherwise(db):
    create_user("erin@example.org")

    assert User.objects.get().role == Role.EXPERT


def test_unknown_role(db):
    with pytest.raises(CommandError, match="invalid choice: 'king'"):
        create_user("erin@example.org", "--role", "king")


def test_existing_person_is_left_alone(alice):
    with pytest.raises(CommandError, match=r"alice@example.org is here already; nothing was changed\."):
        create_user("ALICE@example.org", "--role", "admin")

    alice.refresh_from_db()
    assert alice.role == Role.EXPERT


def test_something_that_is_no_address(db):
    with pytest.raises(CommandError, match="valid email"):
        create_user("erin at example.org")

    assert not User.objects.exists()


def test_name_that_is_too_long(db):
    with pytest.raises(CommandError, match="150 characters"):
        create_user("erin@example.org", "--name", "x" * 151)


def test_password_from_a_file(db, tmp_path):
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")

    create_user("erin@example.org", "--password-file", str(file))

    assert User.objects.get().check_password(PASSWORD)


def test_password_from_standard_input(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO(PASSWORD))

    create_user("erin@example.org", "--password-file", "-")

    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("text", "message"), [("short\n", "too short"), ("\n", "empty"), ("erin@example.org", "similar")]
)
def test_bad_password_makes_nobody(db, tmp_path, text, message):
    file = tmp_path / "password"
    file.write_text(text)

    with pytest.raises(CommandError, match=message):
        create_user("erin@example.org", "--password-file", str(file))

    assert not User.objects.exists()


def test_missing_password_file(db, tmp_path):
    with pytest.raises(CommandError, match="Can't read the password"):
        create_user("erin@example.org", "--password-file", str(tmp_path / "nowhere"))
