from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.inputs.kind import Input, InvalidInput, Option, text_field, whole_number_field


@dataclass(frozen=True)
class Rating(Input):
    """A step on a short scale with named ends; the value is a whole number."""

    kind = "rating"
    label = gettext_lazy("Rating")

    min: int = 1
    max: int = 5
    min_label: str = ""
    max_label: str = ""

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        low = whole_number_field(fields, "min", 1)
        high = whole_number_field(fields, "max", 5)
        if low is None or high is None or not 1 <= high - low <= 10:
            raise InvalidInput(_("A rating goes from a number to a higher one, with 2 to 11 steps."))
        return cls(low, high, text_field(fields, "min_label"), text_field(fields, "max_label"))

    def fields(self) -> dict[str, Any]:
        return {"min": self.min, "max": self.max, "min_label": self.min_label, "max_label": self.max_label}

    @property
    def options(self) -> list[Option]:
        ends = {self.min: self.min_label, self.max: self.max_label}
        return [Option(str(step), str(step), ends.get(step, "")) for step in range(self.min, self.max + 1)]

    def clean(self, raw: list[str]) -> int | None:
        chosen = next(iter(raw), "").strip()
        if not chosen:
            return None
        if chosen not in {option.value for option in self.options}:
            raise ValidationError(
                _("“%(given)s” is not on the scale. Choose %(min)d to %(max)d.")
                % {"given": chosen[:20], "min": self.min, "max": self.max}
            )
        return int(chosen)

    def raw(self, value: Any) -> list[str]:
        return [] if value is None else [str(int(value))]

    def says(self, value: Any) -> str:
        return "" if value is None else _("%(value)d of %(max)d") % {"value": value, "max": self.max}

    def summary(self) -> str:
        span = _("%(min)d to %(max)d") % {"min": self.min, "max": self.max}
        if self.min_label and self.max_label:
            return _("%(span)s, “%(low)s” to “%(high)s”") % {
                "span": span,
                "low": self.min_label,
                "high": self.max_label,
            }
        return span
