from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.inputs.kind import Input, whole_number_field

LONGEST = 100_000  # characters, where the question sets no bound


@dataclass(frozen=True)
class Text(Input):
    """Free text; the value is a string."""

    kind = "text"
    label = gettext_lazy("Text")

    max_length: int | None = None

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        return cls(whole_number_field(fields, "max_length", None, least=1))

    def fields(self) -> dict[str, Any]:
        return {"max_length": self.max_length}

    def clean(self, raw: list[str]) -> str | None:
        typed = next(iter(raw), "").replace("\r\n", "\n").strip()
        check_length(typed, self.max_length or LONGEST)
        return typed or None

    def summary(self) -> str:
        if self.max_length:
            return _("Text, up to %(n)d characters") % {"n": self.max_length}
        return _("Text")


def check_length(typed: str, most: int) -> None:
    """Raises: ValidationError."""
    if len(typed) > most:
        raise ValidationError(
            _("This is %(over)d characters too long: the most is %(most)d.") % {"over": len(typed) - most, "most": most}
        )
