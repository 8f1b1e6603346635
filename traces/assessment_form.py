"""Feedback or an expectation of any name and any type of value, as a form."""

from __future__ import annotations

import json
import math
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from traces.ingest.incoming import TooDeep, clean_json, clean_text
from traces.models import Assessment, Json
from traces.offering import Said

MAX_TEXT_LENGTH = 100_000  # characters of a value
MAX_RATIONALE_LENGTH = 10_000
BIGGEST = 2**53  # beyond it JSON readers lose digits

BOOL, NUMBER, CHOICE, TEXT, LIST, JSON = "bool", "number", "choice", "text", "list", "json"
TYPES = [
    (BOOL, gettext_lazy("Yes or no")),
    (NUMBER, gettext_lazy("Number")),
    (CHOICE, gettext_lazy("Choice")),
    (TEXT, gettext_lazy("Text")),
    (LIST, gettext_lazy("List")),
    (JSON, gettext_lazy("JSON")),
]
YES_NO = {"true": True, "false": False}


class AssessmentForm(forms.Form):
    """What is said and its value; there is a field for each type of value, and the chosen type's counts."""

    template = "traces/_assessment_fields.html"

    kind = forms.ChoiceField(
        label=gettext_lazy("What it is"), choices=Assessment.Kind.choices, initial=Assessment.Kind.FEEDBACK,
        widget=forms.RadioSelect,
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("Name"), max_length=250)
    type = forms.ChoiceField(label=gettext_lazy("Value"), choices=TYPES, initial=BOOL, widget=forms.RadioSelect)
    value_bool = forms.ChoiceField(
        required=False, widget=forms.RadioSelect,
        choices=[("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))],
    )  # fmt: skip
    value_number = forms.CharField(required=False, max_length=40)
    value_choice = forms.CharField(required=False, max_length=250)
    value_text = forms.CharField(required=False, max_length=MAX_TEXT_LENGTH, strip=False, widget=forms.Textarea)
    value_list = forms.CharField(required=False, max_length=MAX_TEXT_LENGTH, widget=forms.Textarea)
    value_json = forms.CharField(required=False, max_length=MAX_TEXT_LENGTH, widget=forms.Textarea)
    rationale = forms.CharField(
        label=gettext_lazy("Why?"), required=False, max_length=MAX_RATIONALE_LENGTH, widget=forms.Textarea
    )

    def __init__(self, data: QueryDict | None = None, *, before: Assessment | None = None) -> None:
        super().__init__(data, initial=fields_of(before) if before else None)
        if before is not None:  # another mind about the same thing
            self.fields["kind"].disabled = self.fields["name"].disabled = True
        self.before = before

    def clean(self) -> dict[str, Any]:
        given = {key: plain(text) for key, text in self.cleaned_data.items()}
        chosen = given.get("type", "")
        field = f"value_{chosen}"
        if chosen and field not in self.errors:
            try:
                given["value"] = value_of(chosen, given.get(field, ""))
            except ValidationError as error:
                self.add_error(field, error)
        return given

    def said(self) -> Said:
        given = self.cleaned_data
        return Said(given["kind"], given["name"], given["value"], given["rationale"])

    @property
    def value_errors(self) -> list[str]:
        return [str(error) for name in self.errors if name.startswith("value_") for error in self.errors[name]]


def plain(text: Any) -> Any:
    return clean_text(text).replace("\r\n", "\n") if isinstance(text, str) else text


def value_of(chosen: str, typed: str) -> Json:
    """Return the value of a type that was typed. Raises: ValidationError."""
    if not typed.strip():
        raise ValidationError(_("Say what it is: a value is needed."))
    match chosen:
        case "bool":
            return YES_NO[typed]
        case "number":
            return number_in(typed.strip())
        case "list":
            return [line.strip() for line in typed.splitlines() if line.strip()]
        case "json":
            return json_in(typed)
        case _:
            return typed.strip() if chosen == CHOICE else typed


def number_in(typed: str) -> int | float:
    try:
        number = int(typed) if typed.lstrip("+-").isdecimal() else float(typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > BIGGEST:
        raise ValidationError(_("“%(given)s” is not a number. Write digits, like 12 or 12.5.") % {"given": typed})
    return number


def json_in(typed: str) -> Json:
    try:
        value: Json = clean_json(json.loads(typed))
    except json.JSONDecodeError as error:
        place = {"problem": error.msg, "line": error.lineno, "column": error.colno}
        message = _("This is not JSON: %(problem)s, in line %(line)s, column %(column)s.") % place
        raise ValidationError(message) from error
    except (TooDeep, RecursionError) as error:
        raise ValidationError(_("This JSON is nested too deeply.")) from error
    return value


def fields_of(said: Assessment) -> dict[str, str]:
    """Return the fields that say what an assessment says."""
    chosen, typed = typed_of(said.value)
    return {
        "kind": said.kind, "name": said.name, "type": chosen, f"value_{chosen}": typed, "rationale": said.rationale,
    }  # fmt: skip


def typed_of(value: Json) -> tuple[str, str]:
    """Return the type of a value, and the value as it is typed."""
    match value:
        case bool():
            return BOOL, "true" if value else "false"
        case int() | float():
            return NUMBER, str(value)
        case str():
            return (CHOICE if len(value) <= 40 and "\n" not in value else TEXT), value
        case list() if all(isinstance(each, str) and each.strip() and "\n" not in each for each in value):
            return LIST, "\n".join(str(each) for each in value)
        case None:
            return BOOL, ""
        case _:
            return JSON, json.dumps(value, indent=2, ensure_ascii=False)
