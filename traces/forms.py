"""What developers type to find traces."""

from __future__ import annotations

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from traces.models import Experiment, Trace, TraceState


class TraceFilter(forms.Form):
    """The filters above the list; each is optional."""

    text = forms.CharField(
        required=False, max_length=200, label=_("Text in question or answer"),
        widget=forms.TextInput(attrs={"class": "field", "type": "search"}),
    )  # fmt: skip
    experiment = forms.ModelChoiceField(
        Experiment.objects.all(), required=False, label=_("Experiment"), empty_label=_("All experiments"),
        widget=forms.Select(attrs={"class": "field"}),
    )  # fmt: skip
    state = forms.ChoiceField(
        choices=[("", _("Any state")), *TraceState.choices], required=False, label=_("State"),
        widget=forms.Select(attrs={"class": "field"}),
    )  # fmt: skip

    def narrow(self, traces: QuerySet[Trace]) -> QuerySet[Trace]:
        asked = self.cleaned_data
        if asked["experiment"]:
            traces = traces.filter(experiment=asked["experiment"])
        if asked["state"]:
            traces = traces.filter(state=asked["state"])
        if asked["text"]:
            text = asked["text"]
            traces = traces.filter(
                Q(request_preview__icontains=text) | Q(response_preview__icontains=text) | Q(trace_id=text)
            )
        return traces
