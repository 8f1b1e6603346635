"""Fields that take several things, one per line, and say which line is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chat.forms.strict_json import strict_json, why_of

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
OWN_HEADERS = {"connection", "content-length", "content-type", "expect", "host", "transfer-encoding", "upgrade"}
OWN_PARAMETERS = {"input", "messages"}


class LinesField(forms.CharField):
    """A list of texts, one per line; `max_each` characters, at most `max_lines`."""

    def __init__(self, *, max_lines: int, max_each: int, rows: int = 3, **kwargs: Any) -> None:
        widget = forms.Textarea({"rows": rows, "dir": "auto", **kwargs.pop("attrs", {})})
        super().__init__(required=False, widget=widget, **kwargs)
        self.max_lines, self.max_each = max_lines, max_each

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]
        if len(lines) > self.max_lines:
            raise ValidationError(_("At most %(n)d lines.") % {"n": self.max_lines})
        for number, line in enumerate(lines, start=1):
            if len(line) > self.max_each:
                said = _("Line %(number)d is longer than %(n)d characters.")
                raise ValidationError(said % {"number": number, "n": self.max_each})
        return list(dict.fromkeys(lines))


class PairsField(forms.CharField):
    """`name: value`, one per line."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {
            "rows": 3,
            "dir": "ltr",
            "spellcheck": "false",
            "class": "field field--code",
            **kwargs.pop("attrs", {}),
        }
        super().__init__(required=False, max_length=20_000, widget=forms.Textarea(attrs), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return (
            "\n".join(f"{name}: {self.typed(said)}" for name, said in value.items())
            if isinstance(value, Mapping)
            else value
        )

    def typed(self, value: Any) -> str:
        return str(value)

    def clean(self, value: Any) -> dict[str, Any]:
        return self.pairs(super().clean(value) or "")

    def pairs(self, text: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                name, colon, value = line.partition(":")
                if not colon or not name.strip():
                    raise ValidationError(_("Line %(number)d is no “name: value”.") % {"number": number})
                found[name.strip()] = self.value_of(value.strip(), number)
        return found

    def value_of(self, text: str, number: int) -> Any:
        return text


class HeadersField(PairsField):
    def pairs(self, text: str) -> dict[str, Any]:
        found = super().pairs(text)
        for name in found:
            if not HEADER_NAME.fullmatch(name):
                raise ValidationError(_("“%(name)s” can’t be the name of a header.") % {"name": name})
            if name.lower() in OWN_HEADERS:
                raise ValidationError(_("“%(name)s” is set by the connection itself.") % {"name": name})
        return found

    def value_of(self, text: str, number: int) -> str:
        if not text.isascii() or not text.isprintable():
            raise ValidationError(
                _("Line %(number)d: headers take plain letters, digits and signs.") % {"number": number}
            )
        return text


class ParametersField(PairsField):
    """Pairs whose values are JSON, or else text; or one whole JSON object."""

    def typed(self, value: Any) -> str:
        return as_typed(value)

    def pairs(self, text: str) -> dict[str, Any]:
        found = whole_object(text) if text.lstrip().startswith("{") else super().pairs(text)
        for name in OWN_PARAMETERS & found.keys():
            raise ValidationError(_("“%(name)s” is filled in from the conversation.") % {"name": name})
        return found

    def value_of(self, text: str, number: int) -> Any:
        try:
            return strict_json(text)
        except ValueError as error:
            if text[:1] in ("{", "[", '"'):
                said = _("Line %(number)d: this JSON is not whole (%(why)s).")
                raise ValidationError(said % {"number": number, "why": why_of(error)}) from error
            return text


def whole_object(text: str) -> dict[str, Any]:
    try:
        found = strict_json(text)
    except ValueError as error:
        raise ValidationError(_("This JSON is not whole (%(why)s).") % {"why": why_of(error)}) from error
    if not isinstance(found, dict):
        raise ValidationError(_("A JSON object is needed: { … }."))
    return found


def as_typed(value: Any) -> str:
    """Return a value so that reading it gives the same: a text stands bare, unless it looks like something else."""
    if isinstance(value, str) and value.strip() == value and value and "\n" not in value:
        try:
            strict_json(value)
        except ValueError:
            if value[0] not in '{["':
                return value
    return json.dumps(value, ensure_ascii=False)
