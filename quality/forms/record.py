"""What a record says, to be changed by hand: a text as a text, a list as lines, anything else as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quality.models import DatasetRecord, Object
from traces.ingest.incoming import TooDeep, clean_json
from traces.models import Json
from traces.reading.wording import label

PREFIX = "value:"  # of an expectation's field; its name follows
LISTS = {"expected_facts", "guidelines"}  # those of MLflow's judges that are lists
LONGEST = 200_000  # characters
TEXT = {"class": "field", "rows": 3, "dir": "auto"}
CODE = {"class": "field field--code", "rows": 3, "dir": "ltr", "spellcheck": "false"}


def kind_of(value: Json, name: str = "") -> str:
    match value:
        case None:
            return "lines" if name in LISTS else "text"
        case str():
            return "text"
        case list() if all(isinstance(each, str) and "\n" not in each for each in value):
            return "lines"
        case _:
            return "json"


def as_text(value: Json, kind: str) -> str:
    match kind, value:
        case "text", str():
            return value
        case "lines", list():
            return "\n".join(map(str, value))
        case _:
            return json.dumps(value, ensure_ascii=False, indent=2)


def as_value(text: str, kind: str) -> Json:
    """Return what a person wrote. Raises: ValidationError."""
    match kind:
        case "text":
            return text.strip()
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case _:
            return json_in(text)


def json_in(text: str) -> Json:
    try:
        value: Json = clean_json(json.loads(text))
    except (ValueError, RecursionError, TooDeep) as error:
        raise forms.ValidationError(_("This is no JSON: %(error)s") % {"error": error}) from error
    return value


class RecordForm(forms.Form):
    """An emptied field takes its expectation away."""

    inputs = forms.CharField(
        label=gettext_lazy("Inputs (JSON)"), max_length=LONGEST, strip=False, widget=forms.Textarea(CODE),
        help_text=gettext_lazy("What your function is called with when it is evaluated."),
    )  # fmt: skip
    new_name = forms.CharField(
        label=gettext_lazy("Name"), required=False, max_length=250,
        widget=forms.TextInput({"class": "field", "list": "expectation-names", "dir": "auto", "autocomplete": "off"}),
    )  # fmt: skip
    new_value = forms.CharField(
        label=gettext_lazy("What is expected"), required=False, max_length=LONGEST, widget=forms.Textarea(TEXT)
    )
    use_required_attribute = False

    def __init__(self, data: Any = None, *, record: DatasetRecord) -> None:
        super().__init__(data, auto_id="record-%s", initial={"inputs": as_text(record.inputs, "json")})
        self.record = record
        self.kinds = {name: kind_of(value, name) for name, value in record.expectations.items()}
        for n, (name, value) in enumerate(record.expectations.items()):
            kind = self.kinds[name]
            self.fields[PREFIX + name] = forms.CharField(
                label=label(name), required=False, max_length=LONGEST, strip=False, initial=as_text(value, kind),
                widget=forms.Textarea({**(CODE if kind == "json" else TEXT), "id": f"record-expected-{n}"}),
                help_text=_("One a line.") if kind == "lines" else "",
            )  # fmt: skip

    @property
    def expected(self) -> Iterator[forms.BoundField]:
        return (self[PREFIX + name] for name in self.kinds)

    def clean_inputs(self) -> Object:
        inputs = json_in(self.cleaned_data["inputs"])
        if not isinstance(inputs, dict):
            raise forms.ValidationError(_("Inputs are an object: names with values, in { }."))
        return inputs

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        expectations: Object = {}
        for name, kind in self.kinds.items():
            text = cleaned.get(PREFIX + name, "")
            if PREFIX + name not in self.data:  # said after the page was made
                expectations[name] = self.record.expectations[name]
            elif text.strip():
                self.take(expectations, name, text, kind, field=PREFIX + name)
        name, text = cleaned.get("new_name", ""), cleaned.get("new_value", "")
        if name and text:
            self.take(expectations, name, text, kind_of(None, name), field="new_value")
        elif name:
            self.add_error("new_value", _("Write what is expected under this name."))
        elif text:
            self.add_error("new_name", _("Give it a name, such as expected_response."))
        cleaned["expectations"] = expectations
        return cleaned

    def take(self, expectations: Object, name: str, text: str, kind: str, *, field: str) -> None:
        try:
            expectations[name] = as_value(text, kind)
        except forms.ValidationError as error:
            self.add_error(field, error)
