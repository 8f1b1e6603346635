"""Who: people, their roles, and the tokens of their programs."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, ClassVar, cast

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reviewapp.lib.columns import Columns, fetch, read_row


class Role(models.TextChoices):
    """What a person may do; each role is one set of pages, not a ladder."""

    EXPERT = "expert", _("Expert")  # answers in the sessions they are in, nothing else
    DEVELOPER = "developer", _("Developer")  # reads and annotates traces
    MANAGER = "manager", _("Manager")  # sets up and runs sessions, and reads traces
    ADMIN = "admin", _("Admin")  # everything, and Django's admin


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, *, role: str = Role.EXPERT, name: str = "", password: str | None = None) -> User:
        """Make a person; without a password they come in by link only."""
        user = self.model(email=email.strip().lower(), role=role, name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, role=Role.ADMIN, password=password, **fields)


class User(AbstractBaseUser):
    """A person. `email` is the login, and in assessments the `source_id`."""

    email = models.EmailField(_("e-mail"), max_length=250, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.EXPERT)
    is_active = models.BooleanField(_("may sign in"), default=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "email"]
        constraints = [models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower")]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        self.email = self.email.strip().lower()

    @property
    def initials(self) -> str:
        words = (self.name or self.email.split("@")[0].replace(".", " ")).split()
        return "".join(word[0] for word in words[:2]).upper()

    @property
    def runs_sessions(self) -> bool:
        return self.role in {Role.MANAGER, Role.ADMIN}

    @property
    def reads_traces(self) -> bool:
        return self.role in {Role.DEVELOPER, Role.MANAGER, Role.ADMIN}

    @property
    def signs_in_by_link(self) -> bool:
        """Whether a manager may hand them a sign-in link: for anybody else it would be a way to become them."""
        return self.is_active and self.role == Role.EXPERT and not self.has_usable_password()

    # Django's admin asks these.
    @property
    def is_staff(self) -> bool:
        return self.role == Role.ADMIN

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.role == Role.ADMIN

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.role == Role.ADMIN


class ApiTokenManager(models.Manager["ApiToken"]):
    def issue(self, *, user: User, name: str = "") -> str:
        """Make a token and return it; only its hash is kept, so this is the one time."""
        secret = "ra_" + secrets.token_urlsafe(32)
        self.create(user=user, name=name, digest=digest_of(secret), hint=secret[-4:])
        return secret

    def user_of(self, secret: str) -> User | None:
        """Return the active person whose token this is, noting the use once an hour.

        With each call of a program, so by hand: see reviewapp/lib/columns.py.
        """
        for row in fetch(FIND, digest=digest_of(secret)):
            token, user = read_row(row, TOKEN, PERSON)
            now = timezone.now()
            if token.last_used_at is None or (now - token.last_used_at).total_seconds() > 3600:
                self.filter(pk=token.pk).update(last_used_at=now)
            return cast(User, user)
        return None


class ApiToken(models.Model):
    """A program's way in, as one person; sent as `Authorization: Bearer …`."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=100, blank=True)
    # 32 random bytes need no slow hash: there is nothing to guess.
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    hint = models.CharField(_("ends with"), max_length=4, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    objects: ClassVar[ApiTokenManager] = ApiTokenManager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name or self.user} …{self.hint}"


TOKEN = Columns(ApiToken, of="t", only=["id", "last_used_at"])
PERSON = Columns(User, of="u")
FIND = f"""
    SELECT {TOKEN.listed}, {PERSON.listed} FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
    WHERE t.digest = %(digest)s AND u.is_active
"""  # noqa: S608 - names of ours


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
