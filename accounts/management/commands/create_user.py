from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Role, User


class Command(BaseCommand):
    help = "Make a person. Without a password they come in by links only (login_link)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", choices=Role.values, default=Role.EXPERT.value)
        parser.add_argument("--name", default="", help="as others see it")
        parser.add_argument("--password-file", metavar="FILE", help="read the password from here; - is standard input")

    def handle(self, *, email: str, role: str, name: str, password_file: str | None, **options: Any) -> None:
        user = User(email=email.strip().lower(), role=role, name=name)
        try:
            user.clean_fields(exclude=["password"])
            if User.objects.filter(email=user.email).exists():
                raise CommandError(f"{user.email} is here already; nothing was changed.")
            password = None if password_file is None else password_in(password_file)
            if password is not None:
                validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        User.objects.create_user(user.email, role=role, name=name, password=password)
        self.stdout.write(f"Made {user.email}, {Role(role).label.lower()}.")


def password_in(file: str) -> str:
    """Return the first line, so that a file written by an editor works."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"Can't read the password from {file}: {error}") from error
    password = text.partition("\n")[0].rstrip("\r")
    if not password:
        raise CommandError("The password is empty.")
    return password
