from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.inputs.kind import Input, whole_number_field
from labeling.inputs.text import check_length


@dataclass(frozen=True)
class TextList(Input):
    """Several short texts; the value is a list of strings.

    A form sends one field per text; a field with several lines is several texts, so that one
    text area serves where scripts don't run.
    """

    kind = "text_list"
    label = gettext_lazy("List of texts")
    is_list = True

    max_length_each: int = 1000
    max_count: int = 50

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        each = whole_number_field(fields, "max_length_each", 1000, least=1)
        count = whole_number_field(fields, "max_count", 50, least=1)
        return cls(each or 1000, count or 50)

    def fields(self) -> dict[str, Any]:
        return {"max_length_each": self.max_length_each, "max_count": self.max_count}

    def clean(self, raw: list[str]) -> list[str] | None:
        texts = [line.strip() for typed in raw for line in typed.splitlines() if line.strip()]
        if len(texts) > self.max_count:
            raise ValidationError(
                _("These are %(n)d: the most is %(most)d.") % {"n": len(texts), "most": self.max_count}
            )
        for text in texts:
            check_length(text, self.max_length_each)
        return texts or None

    def raw(self, value: Any) -> list[str]:
        return [str(each) for each in value or []]

    def says(self, value: Any) -> str:
        return "\n".join(self.raw(value))

    def summary(self) -> str:
        return _("A list of texts, up to %(n)d") % {"n": self.max_count}
