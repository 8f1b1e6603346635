"""Which answers go into a labeling session, and into which one, as forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import User
from chat.models import Endpoint
from chat.to_session import Wanted, day_start, sessions_for
from labeling.forms.plain import PlainForm
from labeling.models import LabelingSession
from traces.models import Experiment

NEW = "new"
VERDICTS = [
    ("", pgettext_lazy("judged or not", "Any")),
    ("down", gettext_lazy("Thumbs down")),
    ("none", gettext_lazy("Not judged yet")),
]


class AnswersForm(PlainForm):
    """Filters; each but the experiment is optional."""

    ids = "answers"

    experiment = forms.ModelChoiceField(
        Experiment.objects.exclude(endpoints=None).distinct(), label=gettext_lazy("Experiment"), empty_label=None
    )
    endpoint = forms.ModelChoiceField(
        Endpoint.objects.all(),
        label=gettext_lazy("Endpoint"),
        required=False,
        empty_label=gettext_lazy("All endpoints"),
    )
    person = forms.ModelChoiceField(
        User.objects.exclude(conversations=None).distinct(), label=gettext_lazy("Who asked"), required=False,
        empty_label=gettext_lazy("Everybody"),
    )  # fmt: skip
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"}))
    verdict = forms.ChoiceField(label=gettext_lazy("Verdict"), choices=VERDICTS, required=False)
    text = forms.CharField(
        label=gettext_lazy("Words in it"), max_length=200, required=False, widget=forms.TextInput({"type": "search"})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        endpoint, experiment = data.get("endpoint"), data.get("experiment")
        if endpoint and experiment and endpoint.experiment_id != experiment.pk:
            self.add_error("endpoint", _("This endpoint's answers go to another experiment."))
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _("This is before the first day."))
        return data

    def wanted(self) -> Wanted:
        asked = self.cleaned_data
        return Wanted(
            experiment=asked["experiment"],
            endpoint=asked["endpoint"],
            person=asked["person"],
            since=day_start(asked["since"]),
            until=day_start(asked["until"], plus_days=1),
            verdict=asked["verdict"],
            text=asked["text"],
        )


class TargetForm(PlainForm):
    """A session that can take more, or a new draft."""

    ids = "target"

    session = forms.ChoiceField(label=gettext_lazy("Into"))

    def __init__(self, data: Any = None, *, experiment: Experiment) -> None:
        super().__init__(data)
        self.sessions = {str(session.pk): session for session in sessions_for(experiment)[:100]}
        choices = [(NEW, _("A new session"))]
        choices += [(key, f"{each.name} · {each.get_state_display()}") for key, each in self.sessions.items()]
        self.fields["session"].choices = choices  # type: ignore[attr-defined]  # typed as a plain Field

    def chosen(self) -> LabelingSession | None:
        """Return the session; None for a new one."""
        return self.sessions.get(self.cleaned_data["session"])
