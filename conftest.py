"""The cast, and what every test needs.

alice    expert, in the session
bob      expert, in the same session: what alice did, bob must not undo
charlie  expert, signed in, in no session: always 404
dana     developer
mallory  manager of the sessions
"""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("REVIEWAPP_DATA_DIR", tempfile.mkdtemp(prefix="reviewapp-tests-"))
# MLflow's client falls back to a database in the folder that it is started in.
os.environ.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{os.environ['REVIEWAPP_DATA_DIR']}/mlflow.db")

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import Role, User


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run what can differ there: tests that use the database, and are not about SQLite."""
    if connection.vendor == "sqlite":
        return
    left_out = [item for item in items if not uses_database(item) or item.get_closest_marker("about_sqlite")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def uses_database(item: pytest.Item) -> bool:
    fixtures = {"db", "transactional_db"}.intersection(item.fixturenames)
    return bool(fixtures) or item.get_closest_marker("django_db") is not None


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """No manifest, and cheap password hashes: tests set many passwords."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user("alice@example.org", name="Alice Weber")


@pytest.fixture
def bob(db) -> User:
    return User.objects.create_user("bob@example.org", name="Bob Okafor")


@pytest.fixture
def charlie(db) -> User:
    return User.objects.create_user("charlie@example.org", name="Charlie Ito")


@pytest.fixture
def dana(db) -> User:
    return User.objects.create_user("dana@example.org", name="Dana Roth", role=Role.DEVELOPER)


@pytest.fixture
def mallory(db) -> User:
    return User.objects.create_user("mallory@example.org", name="Mallory Grant", role=Role.MANAGER)


@pytest.fixture
def client_of():
    """Return a function: a browser-like client, signed in as the person, that enforces CSRF only if asked."""

    def make(user: User, *, enforce_csrf_checks: bool = False) -> Client:
        client = Client(enforce_csrf_checks=enforce_csrf_checks)
        client.force_login(user, backend="accounts.backends.PasswordBackend")
        return client

    return make


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory) -> None:
    """SQLite in a file, as in production: in memory, threads of one process lock each other out at once."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
