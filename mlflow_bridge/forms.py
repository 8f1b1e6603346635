"""The form of a connection."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.models import Endpoint
from mlflow_bridge.credentials import origin_of, takes_from_environment
from mlflow_bridge.models import Connection

LINES = (
    "name", "tracking_uri", "username", "secret", "experiments", "pull_filter", "pull_every_s", "look_back_days",
)  # fmt: skip
SOONEST_S, LATEST_S = 10, 24 * 60 * 60
LONGEST_LOOK = 365  # days
EXPERIMENT_ID = re.compile(r"\d{1,30}")


class ConnectionForm(forms.ModelForm):
    """The secret is written, never shown: an empty field keeps it, as long as the server stays the same."""

    use_required_attribute = False
    secret = forms.CharField(
        label=_("Password or token"),
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    forget_secret = forms.BooleanField(label=_("Send no password or token any more"), required=False)
    experiments = forms.CharField(
        label=_("Experiments there"),
        required=False,
        help_text=_("Their ids, with commas between. Empty: all of them."),
    )
    endpoints = forms.ModelMultipleChoiceField(
        label=_("Endpoints whose traces are there"),
        queryset=Endpoint.objects.filter(archived_at=None),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What people say about their answers in the chat is written to the server as well."),
    )

    field_order = (
        "name", "tracking_uri", "username", "secret", "forget_secret", "experiments", "is_on",
        "pulls", "pull_filter", "pull_every_s", "look_back_days", "writes_back", "endpoints",
    )  # fmt: skip

    class Meta:
        model = Connection
        fields = (
            "name", "tracking_uri", "username", "endpoints", "is_on",
            "pulls", "pull_filter", "pull_every_s", "look_back_days", "writes_back",
        )  # fmt: skip
        labels = {"is_on": _("Use this connection")}  # noqa: RUF012
        help_texts = {  # noqa: RUF012 - Django's own form
            "tracking_uri": _(
                "As in MLFLOW_TRACKING_URI, such as https://mlflow.example.org; on Databricks the workspace’s address."
            ),
            "username": _("Only where the server asks for a user name and a password. Empty: the secret is a token."),
            "is_on": _("Else nothing is taken over and nothing is written; what is said waits for it."),
            "pulls": _("Experiments there become experiments here, with everything that was said about their traces."),
            "pull_filter": _("In MLflow’s words, for example tags.env = 'prod' AND trace.status = 'OK'. Empty: all."),
            "look_back_days": _(
                "Traces that came late, and what was said about these traces on the server, are found once an hour; "
                "of the last minutes at once."
            ),
            "writes_back": _("What people and judges say here about those traces is written to them on the server."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "connection-%s", **kwargs})
        self.was_at = origin_of(self.instance.tracking_uri)
        self.fields["experiments"].initial = ", ".join(map(str, self.instance.experiment_ids))
        if self.instance.has_secret:
            self.fields["secret"].help_text = _("One is set. Leave this empty to keep it.")
        else:
            del self.fields["forget_secret"]
            if takes_from_environment(self.instance):
                self.fields["secret"].help_text = _("This server’s environment has one. Leave this empty to use it.")
        for name in LINES:
            self.fields[name].widget.attrs["class"] = "field"

    def clean_pull_every_s(self) -> int:
        seconds: int = self.cleaned_data["pull_every_s"]
        if not SOONEST_S <= seconds <= LATEST_S:
            raise forms.ValidationError(_("Enter a number of seconds from 10 to 86400, which is a day."))
        return seconds

    def clean_look_back_days(self) -> int:
        days: int = self.cleaned_data["look_back_days"]
        if not 1 <= days <= LONGEST_LOOK:
            raise forms.ValidationError(_("Enter a number of days from 1 to 365."))
        return days

    def clean_experiments(self) -> list[str]:
        ids = [part for part in re.split(r"[\s,]+", self.cleaned_data["experiments"]) if part]
        wrong = [part for part in ids if not EXPERIMENT_ID.fullmatch(part)]
        if wrong:
            raise forms.ValidationError(_("“%(id)s” is no experiment’s id: ids are numbers."), params={"id": wrong[0]})
        return ids

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        moved = self.was_at and origin_of(data.get("tracking_uri", "")) != self.was_at
        if moved and self.instance.has_secret and not data.get("secret") and not data.get("forget_secret"):
            self.add_error("secret", gettext("The server is another one now: enter its password or token."))
        return data

    def save(self, commit: bool = True) -> Connection:
        if self.cleaned_data.get("forget_secret"):
            self.instance.set_secret("")
        elif self.cleaned_data["secret"]:
            self.instance.set_secret(self.cleaned_data["secret"])
        self.instance.experiment_ids = self.cleaned_data["experiments"]
        connection: Connection = super().save(commit)
        return connection
