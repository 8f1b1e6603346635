from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import ApiToken, User


class Command(BaseCommand):
    help = "Make an API token for a person's programs and print it, this one time; only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="what it is for, shown in the administration")

    def handle(self, *, email: str, name: str, **options: Any) -> None:
        try:
            user = User.objects.get_by_natural_key(email)
        except User.DoesNotExist as error:
            raise CommandError(f"Nobody here has the e-mail {email}. Make them with: create_user {email}") from error
        if not user.is_active:
            raise CommandError(f"{email} may not sign in, so a token would not work either.")
        if len(name) > 100:
            raise CommandError("The name may have 100 characters.")
        self.stdout.write(ApiToken.objects.issue(user=user, name=name))
