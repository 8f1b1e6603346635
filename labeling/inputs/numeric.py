from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.inputs.kind import Input, InvalidInput

Number = int | float
BIGGEST = 2**53  # beyond it JSON readers lose digits


@dataclass(frozen=True)
class Numeric(Input):
    """A number, bounded or not; the value is an int where it was typed as one."""

    kind = "numeric"
    label = gettext_lazy("Number")

    min_value: Number | None = None
    max_value: Number | None = None

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        low, high = bound(fields, "min_value"), bound(fields, "max_value")
        if low is not None and high is not None and low >= high:
            raise InvalidInput(_("The smallest number has to be below the greatest."))
        return cls(low, high)

    def fields(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value}

    def clean(self, raw: list[str]) -> Number | None:
        typed = next(iter(raw), "").strip()
        if not typed:
            return None
        number = parsed(typed)
        if number is None:
            raise ValidationError(
                _("“%(given)s” is not a number. Write digits, like 12 or 12.5.") % {"given": typed[:40]}
            )
        if self.min_value is not None and number < self.min_value:
            raise ValidationError(
                _("%(given)s is too small: the least is %(min)s.") % {"given": typed[:40], "min": self.min_value}
            )
        if self.max_value is not None and number > self.max_value:
            raise ValidationError(
                _("%(given)s is too large: the most is %(max)s.") % {"given": typed[:40], "max": self.max_value}
            )
        return number

    def summary(self) -> str:
        low, high = self.min_value, self.max_value
        if low is not None and high is not None:
            return _("A number from %(min)s to %(max)s") % {"min": low, "max": high}
        if low is not None:
            return _("A number of at least %(min)s") % {"min": low}
        if high is not None:
            return _("A number of at most %(max)s") % {"max": high}
        return _("A number")


def parsed(typed: str) -> Number | None:
    try:
        number = int(typed) if typed.lstrip("+-").isdecimal() and len(typed) < 20 else float(typed)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= BIGGEST else None


def bound(fields: dict[str, Any], name: str) -> Number | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(_("%(name)s has to be a number.") % {"name": name})
    return int(value) if value == int(value) else value
