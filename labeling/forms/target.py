"""Into which session chosen traces go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.from_traces import sessions_for
from labeling.models import LabelingSession
from traces.models import Experiment

NEW = "new"


class TargetForm(forms.Form):
    """A session that can take more, or a new draft of the experiment that most of the traces are of."""

    session = forms.ChoiceField(label=gettext_lazy("Into"), widget=forms.Select(attrs={"class": "field"}), initial=NEW)

    def __init__(self, data: Any = None, *, experiments: Sequence[Experiment]) -> None:
        super().__init__(data)
        self.sessions = {str(each.pk): each for each in sessions_for([experiment.pk for experiment in experiments])}
        choices = [(NEW, _("A new session"))]
        choices += [(key, f"{each.name} · {each.get_state_display()}") for key, each in self.sessions.items()]
        self.fields["session"].choices = choices  # type: ignore[attr-defined]  # typed as a plain Field

    def chosen(self) -> LabelingSession | None:
        """Return the session; None for a new one."""
        return self.sessions.get(self.cleaned_data["session"])
