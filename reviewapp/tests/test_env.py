from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

from reviewapp.lib.env import Environment


@pytest.fixture
def env() -> Environment:
    env = Environment()
    env.ENVIRON = FileAwareMapping(env={}, cache=False)
    return env


@pytest.mark.parametrize(
    ("given", "meant"), [("1", True), ("Yes", True), ("off", False), ("", False), (" true ", True)]
)
def test_yes_and_no_are_understood(env, given, meant):
    env.ENVIRON["DEBUG"] = given

    assert env.bool("DEBUG", default=not meant) is meant


def test_maybe_is_refused_by_name(env):
    env.ENVIRON["DEBUG"] = "maybe"

    with pytest.raises(ImproperlyConfigured, match=r"DEBUG is 'maybe'; it must be one of: 0, 1, false"):
        env.bool("DEBUG", default=False)


def test_word_for_a_number_is_refused_by_name(env):
    env.ENVIRON["SIZE"] = "big"

    with pytest.raises(ImproperlyConfigured, match="SIZE is 'big'; it must be of type int"):
        env.int("SIZE", default=3)


def test_secret_comes_from_a_file_without_its_last_newline(env, tmp_path):
    (tmp_path / "key").write_text("hush\n")
    env.ENVIRON["SECRET_KEY_FILE"] = str(tmp_path / "key")

    assert env.str("SECRET_KEY", default="") == "hush"


def test_missing_file_is_named(env, tmp_path):
    env.ENVIRON["SECRET_KEY_FILE"] = str(tmp_path / "nowhere")

    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE can't be read"):
        env.str("SECRET_KEY", default="")


def test_what_is_not_set_has_its_default(env):
    assert (env.int("SIZE", default=3), env.list("HOSTS", default=["a"])) == (3, ["a"])
