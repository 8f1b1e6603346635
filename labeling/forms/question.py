"""A question as a form: its words, and the fields of each kind of input."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.forms.plain import PlainForm
from labeling.inputs import KINDS, Input, InvalidInput, input_of
from labeling.models import LabelSchema, LabelSchemaVersion, SessionQuestion
from traces.models import Assessment, Experiment

N_OPTIONS = 20  # rows; a page shows the filled ones and one more
TYPES = [
    (Assessment.Kind.FEEDBACK.value, gettext_lazy("Feedback: what the answer was like")),
    (Assessment.Kind.EXPECTATION.value, gettext_lazy("Expectation: what it should have been")),
]
# What each kind asks for, besides the options of a choice.
KIND_FIELDS: dict[str, tuple[str, ...]] = {
    "pass_fail": ("positive_label", "negative_label"),
    "categorical": ("multi_select",),
    "rating": ("min", "max", "min_label", "max_label"),
    "numeric": ("min_value", "max_value"),
    "text": ("max_length",),
    "text_list": ("max_length_each", "max_count"),
}


class QuestionForm(PlainForm):
    """A new question, or with `schema` the next version of one: then its kind, type and name are fixed."""

    ids = "question"

    title = forms.CharField(label=gettext_lazy("Question"), max_length=250)
    instruction = forms.CharField(
        label=gettext_lazy("Help"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("Stands below the question."),
        widget=forms.Textarea({"rows": 2}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Answer"), widget=forms.RadioSelect, required=False)
    type = forms.ChoiceField(label=gettext_lazy("It asks for"), choices=TYPES, widget=forms.RadioSelect, required=False)
    enable_comment = forms.BooleanField(label=gettext_lazy("Ask why, too"), required=False)
    name = forms.CharField(
        label=gettext_lazy("Name in the data"),
        max_length=250,
        required=False,
        help_text=gettext_lazy("What its answers are called in exports. Made from the question if left empty."),
    )
    judge_name = forms.CharField(
        label=gettext_lazy("Name of an LLM judge"),
        max_length=250,
        required=False,
        help_text=gettext_lazy(
            "If a judge asks the same, people’s answers are kept under its name, so that the two can be compared."
        ),
    )

    positive_label = forms.CharField(
        label=gettext_lazy("Good answer"),
        max_length=64,
        required=False,
        widget=forms.TextInput({"placeholder": gettext_lazy("Pass")}),
    )
    negative_label = forms.CharField(
        label=gettext_lazy("Bad answer"),
        max_length=64,
        required=False,
        widget=forms.TextInput({"placeholder": gettext_lazy("Fail")}),
    )
    multi_select = forms.BooleanField(label=gettext_lazy("Several can be chosen"), required=False)
    min = forms.IntegerField(label=gettext_lazy("Lowest"), required=False)
    max = forms.IntegerField(label=gettext_lazy("Highest"), required=False)
    min_label = forms.CharField(label=gettext_lazy("The lowest means"), max_length=64, required=False)
    max_label = forms.CharField(label=gettext_lazy("The highest means"), max_length=64, required=False)
    min_value = forms.FloatField(label=gettext_lazy("At least"), required=False)
    max_value = forms.FloatField(label=gettext_lazy("At most"), required=False)
    max_length = forms.IntegerField(label=gettext_lazy("Characters at most"), min_value=1, required=False)
    max_length_each = forms.IntegerField(label=gettext_lazy("Characters each, at most"), min_value=1, required=False)
    max_count = forms.IntegerField(label=gettext_lazy("Texts at most"), min_value=1, required=False)

    def __init__(self, data: Any = None, *, schema: LabelSchema | None = None) -> None:
        self.schema = schema
        super().__init__(data, initial=initial_of(schema))
        self.fields["kind"].choices = [(kind, cls.label) for kind, cls in KINDS.items()]  # type: ignore[attr-defined]  # a ChoiceField
        for name in ("kind", "type", "name", "multi_select") if schema else ():
            self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        try:
            data["input"] = self.input_of(data).config
        except InvalidInput as error:
            self.add_error("kind", str(error))
        return data

    def input_of(self, data: dict[str, Any]) -> Input:
        """Return the input that the fields of the chosen kind describe. Raises: InvalidInput."""
        kind = data.get("kind") or "pass_fail"
        fields = {name: whole(data[name]) for name in KIND_FIELDS[kind] if data.get(name) not in (None, "")}
        if kind == "categorical":
            fields["options"] = [option for row in self.option_rows() if (option := option_of(row))]
        return input_of({kind: fields})

    def option_rows(self) -> list[dict[str, str]]:
        """The rows of a choice's options, as typed, with empty ones at the end to go on in."""
        if isinstance(self.data, QueryDict):
            columns = [self.data.getlist(f"option_{name}") for name in ("value", "label", "help")]
            filled = [dict(zip(("value", "label", "help"), row, strict=True)) for row in zip(*columns, strict=False)]
        else:
            filled = self.initial.get("options", [])
        filled = [row for row in filled if row["label"].strip() or row["help"].strip()]
        return filled + [{"value": "", "label": "", "help": ""}] * max(0, N_OPTIONS - len(filled))

    def words(self) -> dict[str, Any]:
        """Return what a version says."""
        return {name: self.cleaned_data[name] for name in ("title", "instruction", "input", "enable_comment")}

    def draft(self) -> SessionQuestion:
        """Return the question as it would be, unsaved, so that it can be drawn while it is being written."""
        data = getattr(self, "cleaned_data", {})
        schema = LabelSchema(schema_id="draft", name="draft", type=data.get("type") or Assessment.Kind.FEEDBACK)
        schema.current = LabelSchemaVersion(
            schema=schema, number=1, title=data.get("title") or _("Your question"),
            instruction=data.get("instruction") or "", input=data.get("input") or {"text": {}},
            enable_comment=bool(data.get("enable_comment")),
        )  # fmt: skip
        return SessionQuestion(schema=schema, position=1)


class LibraryQuestionForm(QuestionForm):
    """A question written outside a session, so that one has to say where it belongs."""

    experiment = forms.ModelChoiceField(
        Experiment.objects.all(), label=gettext_lazy("Experiment"), empty_label=None, required=True
    )


def initial_of(schema: LabelSchema | None) -> dict[str, Any]:
    if schema is None or schema.current is None:
        return {"kind": "pass_fail", "type": Assessment.Kind.FEEDBACK, "options": [], "min": 1, "max": 5}
    version = schema.current
    input = input_of(version.input)
    options = [{"value": each.value, "label": each.label, "help": each.help} for each in input.options]
    said = {name: getattr(version, name) for name in ("title", "instruction", "enable_comment")}
    held = {name: getattr(schema, name) for name in ("name", "type", "judge_name")}
    return {**said, **held, **input.fields(), "kind": input.kind, "options": options}


def option_of(row: dict[str, str]) -> dict[str, str] | None:
    """Return one option; its value, which answers carry, is its first label and outlives later ones."""
    label = row["label"].strip()
    return {"value": row["value"].strip() or label, "label": label, "help": row["help"].strip()} if label else None


def whole(value: Any) -> Any:
    """Return 4 for 4.0: bounds are shown as they were typed."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
