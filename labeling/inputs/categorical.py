from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.inputs.kind import Input, InvalidInput, Option, text_field

MAX_OPTIONS = 20  # MLflow takes 10; more than this no one reads
MAX_HELP_LENGTH = 300  # characters


@dataclass(frozen=True)
class Categorical(Input):
    """One of several, or any of them; the value is a string, or a list of strings."""

    kind = "categorical"
    label = gettext_lazy("Choice")

    choices: tuple[Option, ...]
    multi_select: bool = False

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        offered = fields.get("options")
        if not isinstance(offered, list) or not 1 <= len(offered) <= MAX_OPTIONS:
            raise InvalidInput(_("A choice needs 1 to %(most)d options.") % {"most": MAX_OPTIONS})
        choices = tuple(option_of(each) for each in offered)
        if len({choice.value for choice in choices}) < len(choices):
            raise InvalidInput(_("Two options are the same."))
        return cls(choices, bool(fields.get("multi_select", False)))

    def fields(self) -> dict[str, Any]:
        return {"options": [plain(choice) for choice in self.choices], "multi_select": self.multi_select}

    @property
    def options(self) -> list[Option]:
        return list(self.choices)

    def clean(self, raw: list[str]) -> str | list[str] | None:
        chosen = [each for each in dict.fromkeys(raw) if each]
        offered = [choice.value for choice in self.choices]
        gone = [each for each in chosen if each not in offered]
        if gone:
            raise ValidationError(_("“%(option)s” is no longer offered. Choose again.") % {"option": gone[0]})
        if not chosen:
            return None
        if self.multi_select:
            return [each for each in offered if each in chosen]
        if len(chosen) > 1:
            raise ValidationError(_("Choose one only."))
        return chosen[0]

    def raw(self, value: Any) -> list[str]:
        if value is None:
            return []
        return [str(each) for each in value] if isinstance(value, list) else [str(value)]

    def summary(self) -> str:
        n = len(self.choices)
        if self.multi_select:
            return ngettext("Any of %(n)d", "Any of %(n)d", n) % {"n": n}
        return ngettext("One of %(n)d", "One of %(n)d", n) % {"n": n}


def option_of(offered: Any) -> Option:
    """Return the option for a string or {value, label, help}. Raises: InvalidInput."""
    if isinstance(offered, str):
        offered = {"value": offered}
    if not isinstance(offered, dict):
        raise InvalidInput(_("An option is a text, or a value with a label and a help text."))
    value = text_field(offered, "value")
    if not value:
        raise InvalidInput(_("An option is empty."))
    label = text_field(offered, "label", value) or value
    return Option(value, label, text_field(offered, "help", longest=MAX_HELP_LENGTH))


def plain(choice: Option) -> str | dict[str, str]:
    """Return an option as it is kept: a bare string where it has nothing but its value."""
    if choice.label == choice.value and not choice.help:
        return choice.value
    return {"value": choice.value, "label": choice.label, "help": choice.help}
