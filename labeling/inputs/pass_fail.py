from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.inputs.kind import Input, InvalidInput, Option, text_field


@dataclass(frozen=True)
class PassFail(Input):
    """One of two; the value is a bool, true for the positive one."""

    kind = "pass_fail"
    label = gettext_lazy("One of two")

    positive_label: str = "Pass"
    negative_label: str = "Fail"

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        positive = text_field(fields, "positive_label", "Pass")
        negative = text_field(fields, "negative_label", "Fail")
        if not positive or not negative or positive == negative:
            raise InvalidInput(_("The two answers need two different labels."))
        return cls(positive, negative)

    def fields(self) -> dict[str, Any]:
        return {"positive_label": self.positive_label, "negative_label": self.negative_label}

    @property
    def options(self) -> list[Option]:
        return [
            Option("true", self.positive_label, tone="pass"),
            Option("false", self.negative_label, tone="fail"),
        ]

    def clean(self, raw: list[str]) -> bool | None:
        chosen = next(iter(raw), "")
        if not chosen:
            return None
        if chosen not in {"true", "false"}:
            raise ValidationError(_("Choose one of the two."))
        return chosen == "true"

    def raw(self, value: Any) -> list[str]:
        return [] if value is None else ["true" if value else "false"]

    def summary(self) -> str:
        return f"{self.positive_label} / {self.negative_label}"
