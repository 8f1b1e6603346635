"""Which traces, as a form."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from labeling.forms.plain import PlainForm
from labeling.models import LabelingSession
from labeling.selecting import MOST, Mode, Selection, fault_in
from traces.models import Experiment, TraceState

MIN_YEAR, MAX_YEAR = 1970, 2262  # what nanoseconds in 64 bits tell

STATES = [
    ("", pgettext_lazy("state of a trace", "Any state")),
    (TraceState.OK.value, gettext_lazy("Finished")),
    (TraceState.ERROR.value, gettext_lazy("Failed")),
    (TraceState.IN_PROGRESS.value, gettext_lazy("Still running")),
]


class SelectionForm(PlainForm):
    """Every field is optional, so that a half-filled draft can be kept; what contradicts itself is refused."""

    ids = "selection"

    mode = forms.ChoiceField(choices=Mode.choices, widget=forms.RadioSelect)
    experiment = forms.ModelChoiceField(Experiment.objects.all(), label=gettext_lazy("Experiment"), empty_label=None)
    text = forms.CharField(label=gettext_lazy("Words in it"), max_length=200, required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=STATES, required=False)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"}))
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        max_length=500,
        required=False,
        widget=forms.TextInput({"placeholder": "env=prod"}),
    )
    filter = forms.CharField(
        label=gettext_lazy("Filter text"),
        max_length=4_000,
        required=False,
        strip=False,
        help_text=gettext_lazy(
            "Conditions joined by AND: on status, name, timestamp, tags, metadata, spans, feedback."
        ),
        widget=forms.Textarea({"rows": 2, "class": "field field--code", "spellcheck": "false", "dir": "ltr"}),
    )
    size = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=MOST, required=False)
    seed = forms.IntegerField(label=gettext_lazy("Draw number"), min_value=0, max_value=2**31 - 1, required=False)
    with_side_traces = forms.BooleanField(
        label=gettext_lazy("Take traces without a question and an answer, too"),
        required=False,
        help_text=gettext_lazy("They are steps beside the conversation, such as an indexing run."),
    )

    def __init__(self, data: Any = None, *, session: LabelingSession) -> None:
        self.session = session
        self.before = Selection.of(session)
        self.fault: tuple[str, str] | None = None  # the filter up to where it is not understood, and the rest
        super().__init__(data, initial={**asdict(self.before), "experiment": session.experiment_id})

    def clean_filter(self) -> str:
        text: str = self.cleaned_data["filter"].replace("\r\n", "\n").rstrip()
        if fault := fault_in(text):
            self.fault = (text[: fault.position], text[fault.position :])
            where = _("At character %(n)d: %(why)s") % {"n": fault.position + 1, "why": fault.message}
            raise forms.ValidationError(where)
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        for name, day in (("since", since), ("until", until)):
            if day and not MIN_YEAR <= day.year <= MAX_YEAR:
                self.add_error(name, _("No trace is of that year."))
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first."))
        if data.get("mode") == Mode.SAMPLE and "size" in data and data["size"] is None:
            self.add_error("size", _("Say how many traces to draw."))
        return data

    def selection(self) -> Selection:
        """Return what was filled in. What the form leaves empty keeps its number, and what was picked stays."""
        data = self.cleaned_data
        filled: dict[str, Any] = {name: iso(data[name]) for name in ("since", "until")}
        filled |= {name: data[name] for name in ("mode", "text", "state", "tag", "filter", "with_side_traces")}
        filled |= {name: data[name] for name in ("size", "seed") if data[name] is not None}
        return replace(self.before, **filled)


def iso(day: date | None) -> str:
    return day.isoformat() if day else ""
