"""The ways to sign in. Who did is looked up with every request, so by hand: see reviewapp/lib/columns.py."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from sesame.backends import SesameBackendMixin

from accounts.models import User
from reviewapp.lib.columns import Columns, fetch

PERSON = Columns(User)
FIND = f"SELECT {PERSON.listed} FROM accounts_user WHERE id = %(id)s"  # noqa: S608 - names of ours


class PasswordBackend(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        """Return the person if they may sign in, as they are now."""
        person = next(map(PERSON.read, fetch(FIND, id=user_id)), None)
        return person if person is not None and self.user_can_authenticate(person) else None


class LinkBackend(SesameBackendMixin, PasswordBackend):  # type: ignore[misc]  # Django asks by names of credentials
    """By a link with a token; see sign_in_links.py."""
