"""What every kind of input can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.functional import Promise

MAX_OPTION_LENGTH = 64  # characters of a label, as MLflow


class InvalidInput(ValueError):
    """A question's input that can't be used; the message is for the person who sets it up."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose. `value` is what a form sends; `tone` is "pass", "fail" or nothing."""

    value: str
    label: str
    help: str = ""
    tone: str = ""


class Input(ABC):
    """One question's input. Values are JSON, as they stand in assessments; None is no answer.

    `raw` values are what a form sends: a list of strings, as typed, so that nothing typed is lost.
    """

    kind: ClassVar[str]
    label: ClassVar[str | Promise]  # the kind's name, for who sets up
    is_list: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """Raises: InvalidInput."""

    @abstractmethod
    def fields(self) -> dict[str, Any]: ...

    @abstractmethod
    def clean(self, raw: list[str]) -> Any:
        """Return the value, or None when nothing was answered.

        Raises: django.core.exceptions.ValidationError, in the expert's words.
        """

    @abstractmethod
    def summary(self) -> str:
        """What it asks for, on one line: “Correct / Incorrect”, “1 to 5”."""

    @property
    def config(self) -> dict[str, Any]:
        return {self.kind: self.fields()}

    @property
    def template(self) -> str:
        return f"labeling/inputs/_{self.kind}.html"

    @property
    def options(self) -> list[Option]:
        return []

    @property
    def has_keys(self) -> bool:
        """Whether number keys choose."""
        return bool(self.options)

    def raw(self, value: Any) -> list[str]:
        return [] if value is None else [str(value)]

    def says(self, value: Any) -> str:
        """A value in words, as the expert chose it."""
        labels = {option.value: option.label for option in self.options}
        return ", ".join(labels.get(each, each) for each in self.raw(value))


def text_field(fields: dict[str, Any], name: str, default: str = "", *, longest: int = MAX_OPTION_LENGTH) -> str:
    """Return a text among `fields`, checked. Raises: InvalidInput."""
    value = fields.get(name, default)
    if not isinstance(value, str) or len(value.strip()) > longest:
        raise InvalidInput(f"{name} has to be a text of at most {longest} characters.")
    return value.strip()


def whole_number_field(fields: dict[str, Any], name: str, default: int | None, *, least: int = 0) -> int | None:
    """Return a whole number among `fields`, or `default`. Raises: InvalidInput."""
    value = fields.get(name, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < least:
        raise InvalidInput(f"{name} has to be a whole number of at least {least}.")
    return int(value)
