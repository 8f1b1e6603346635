"""Side by side, as forms: the pair, the message, the verdict, and why."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.comparing import FAULTS, REASONS
from chat.models import Endpoint, Round
from chat.turns import MAX_MESSAGE_LENGTH
from labeling.forms.plain import PlainForm

VERDICTS = [
    ("left", gettext_lazy("Left is better")),
    ("right", gettext_lazy("Right is better")),
    ("tie", gettext_lazy("Equally good")),
    ("both_bad", gettext_lazy("Both bad")),
]


class PairForm(PlainForm):
    ids = "pair"

    first = forms.ModelChoiceField(
        Endpoint.objects.none(), label=gettext_lazy("One"), empty_label=gettext_lazy("Choose …"),
        error_messages={"required": gettext_lazy("Choose an endpoint.")},
    )  # fmt: skip
    second = forms.ModelChoiceField(
        Endpoint.objects.none(), label=gettext_lazy("The other"), empty_label=gettext_lazy("Choose …"),
        error_messages={"required": gettext_lazy("Choose an endpoint.")},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, endpoints: QuerySet[Endpoint], initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        for name in ("first", "second"):
            self.fields[name].queryset = endpoints  # type: ignore[attr-defined]  # typed as a plain Field

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("first") and data.get("first") == data.get("second"):
            self.add_error("second", _("Choose two different ones: an answer can't be better than itself."))
        return data


class AskForm(PlainForm):
    """`left` and `right` are the new turns' ids, made by the page, so that sending twice asks once."""

    ids = "ask"

    left = forms.UUIDField(required=False, widget=forms.HiddenInput)
    right = forms.UUIDField(required=False, widget=forms.HiddenInput)
    message = forms.CharField(
        label=gettext_lazy("Your message to both"), max_length=MAX_MESSAGE_LENGTH, strip=False,
        widget=forms.Textarea({
            "rows": 1, "placeholder": gettext_lazy("Ask both the same"), "dir": "auto", "class": "composer__text",
            "data-testid": "chat-input",
        }),
        error_messages={"required": gettext_lazy("Write something first.")},
    )  # fmt: skip

    @classmethod
    def fresh(cls, message: str = "") -> AskForm:
        return cls(initial={"left": uuid.uuid4(), "right": uuid.uuid4(), "message": message})

    def clean_left(self) -> uuid.UUID:
        return self.cleaned_data["left"] or uuid.uuid4()

    def clean_right(self) -> uuid.UUID:
        return self.cleaned_data["right"] or uuid.uuid4()

    def clean_message(self) -> str:
        message: str = self.cleaned_data["message"].replace("\r\n", "\n")
        if not message.strip():
            raise forms.ValidationError(_("Write something first."))
        return message


class VerdictForm(forms.Form):
    verdict = forms.ChoiceField(choices=VERDICTS)


class WhyForm(PlainForm):
    """Reasons that fit the verdict, and a comment."""

    reasons = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    comment = forms.CharField(
        label=gettext_lazy("Comment"), max_length=4_000, required=False,
        widget=forms.Textarea({"rows": 1, "placeholder": gettext_lazy("Anything the team should know? (optional)")}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, round_: Round) -> None:
        initial = {"reasons": round_.reasons, "comment": round_.comment}
        super().__init__(data, initial=initial, auto_id=f"why-{round_.pk}-%s")
        self.fields["reasons"].choices = reasons_for(round_)  # type: ignore[attr-defined]  # typed as a plain Field


def reasons_for(round_: Round) -> list[tuple[str, Any]]:
    """Return what may be said for a verdict: of the better one, or of two bad ones. A tie has a comment only."""
    match round_.choice:
        case Round.Choice.FIRST | Round.Choice.SECOND:
            return list(REASONS.items())
        case Round.Choice.BOTH_BAD:
            return list(FAULTS.items())
    return []
