"""The environment, where a wrong value stops the start and says which one it is."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env, FileAwareEnv

TRUE = {"1", "true", "on", "yes"}
FALSE = {"0", "false", "off", "no", ""}


class Environment(FileAwareEnv):
    """NAME, or what the file named by NAME_FILE holds."""

    def get_value(self, var: str, cast: Any = None, default: Any = Env.NOTSET, parse_default: bool = False) -> Any:
        """Return the value of `var` as a `cast`, or `default`; ImproperlyConfigured names a wrong one."""
        try:
            given = self.ENVIRON.get(var)
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{var}_FILE can't be read: {error}") from error
        if cast is bool and given is not None and given.strip().lower() not in TRUE | FALSE:
            allowed = ", ".join(sorted(TRUE | FALSE - {""}))
            raise ImproperlyConfigured(f"{var} is {given!r}; it must be one of: {allowed}.")
        try:
            value = super().get_value(var, cast, default, parse_default)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} is {given!r}; it must be of type {cast.__name__}.") from error
        return value.strip() if isinstance(value, str) else value  # editors end files with a newline
