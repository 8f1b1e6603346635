"""Which traces to send to which session, and how often."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from labeling.forms.plain import PlainForm
from labeling.models import LabelingSession, StandingRule
from labeling.selecting import fault_in
from labeling.standing_rules import DISLIKED, Choice, new_draft
from traces.models import Experiment

ONCE = "once"


class ChoiceForm(PlainForm):
    """Which traces; the part that a standing rule can change later."""

    ids = "standing"

    filter = forms.CharField(
        label=gettext_lazy("All that meet this filter"),
        max_length=4_000,
        required=False,
        help_text=gettext_lazy(
            "feedback.user_feedback = 'false' is what end users voted down. Empty: only what is drawn by chance."
        ),
        widget=forms.Textarea({"rows": 2, "class": "field field--code", "spellcheck": "false", "dir": "ltr"}),
    )
    days = forms.IntegerField(label=gettext_lazy("Of the last days"), min_value=1, max_value=365)
    percent = forms.FloatField(label=gettext_lazy("And of the rest, by chance (%)"), min_value=0, max_value=100)
    seed = forms.IntegerField(
        label=gettext_lazy("Draw number"), min_value=0, max_value=2**31 - 1,
        help_text=gettext_lazy("The same number draws the same traces."),
    )  # fmt: skip

    def clean_filter(self) -> str:
        text: str = self.cleaned_data["filter"].strip()
        if fault := fault_in(text):
            where = _("At character %(n)d: %(why)s") % {"n": fault.position + 1, "why": fault.message}
            raise forms.ValidationError(where)
        return text

    def choice(self, experiment: Experiment) -> Choice:
        data = self.cleaned_data
        return Choice(experiment, data["filter"], data["days"], data["percent"], data["seed"])


class SendForm(ChoiceForm):
    """Which traces, where to, and whether to go on doing it."""

    experiment = forms.ModelChoiceField(Experiment.objects.all(), label=gettext_lazy("Experiment"), empty_label=None)
    session = forms.ModelChoiceField(
        LabelingSession.objects.exclude(state=LabelingSession.State.CLOSED),
        label=gettext_lazy("Session"), required=False, empty_label=gettext_lazy("A new draft"),
    )  # fmt: skip
    every = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=[(ONCE, gettext_lazy("Once, now")), *StandingRule.Every.choices],
        widget=forms.RadioSelect,
    )
    field_order = ("experiment", "filter", "days", "percent", "seed", "session", "every")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        session, experiment = data.get("session"), data.get("experiment")
        if session and experiment and session.experiment_id != experiment.pk:
            self.add_error("session", _("This session is of another experiment."))
        return data

    def chosen(self) -> Choice:
        return self.choice(self.cleaned_data["experiment"])

    def target(self, *, by: User) -> LabelingSession:
        return self.cleaned_data["session"] or new_draft(self.cleaned_data["experiment"], by=by)

    def rule(self, session: LabelingSession, *, by: User) -> StandingRule | None:
        """Make the rule, if it is to go on."""
        data = self.cleaned_data
        if data["every"] == ONCE:
            return None
        kept = {name: data[name] for name in ("filter", "days", "percent", "seed", "every")}
        return StandingRule.objects.create(session=session, created_by=by, **kept)


class RuleForm(ChoiceForm):
    """A standing rule's own; its session stays."""

    every = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=StandingRule.Every.choices, widget=forms.RadioSelect
    )

    def __init__(self, data: Any = None, *, rule: StandingRule) -> None:
        self.rule = rule
        kept = {name: getattr(rule, name) for name in ("filter", "days", "percent", "seed", "every")}
        super().__init__(data, initial={**kept, "percent": f"{rule.percent:g}"})

    def save(self) -> StandingRule:
        for name in ("filter", "days", "percent", "seed", "every"):
            setattr(self.rule, name, self.cleaned_data[name])
        self.rule.last_error = ""
        self.rule.save()
        return self.rule


def fresh(experiment: Experiment) -> dict[str, Any]:
    """Return what the form begins with."""
    seed = secrets.randbelow(9_000) + 1_000
    return {
        "experiment": experiment.pk, "filter": DISLIKED, "days": 7, "percent": 5, "seed": seed, "session": "",
        "every": ONCE,
    }  # fmt: skip
