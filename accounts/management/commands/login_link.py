from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.sign_in_links import sign_in_link


class Command(BaseCommand):
    help = "Print an address that signs a person in, once. Whoever has it is that person: send it privately."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *, email: str, **options: Any) -> None:
        try:
            user = User.objects.get_by_natural_key(email)
        except User.DoesNotExist as error:
            raise CommandError(f"Nobody here has the e-mail {email}. Make them with: create_user {email}") from error
        if not user.is_active:
            raise CommandError(f"{email} may not sign in: they are switched off in the administration.")
        self.stdout.write(sign_in_link(user))
