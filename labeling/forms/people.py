"""Who answers, and how many of them per item, as forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.forms.plain import PlainForm
from labeling.models import LabelingSession

MOST_REVIEWS = 50  # per item
HOW_MANY = [
    ("1", gettext_lazy("1 review")),
    ("2", gettext_lazy("2 reviews")),
    ("3", gettext_lazy("3 reviews")),
    ("other", gettext_lazy("Another number")),
    ("all", gettext_lazy("Everybody")),
]
SIGHT = [
    ("blind", gettext_lazy("Blind: nobody sees the others’ answers, not even afterwards.")),
    ("open", gettext_lazy("Open: everybody sees the others’ answers once their own are in.")),
]


class InvitationForm(PlainForm):
    ids = "invitation"

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=250)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.strip().lower()


class RuleForm(PlainForm):
    """How many reviews an item gets, and who sees what."""

    ids = "rule"

    how_many = forms.ChoiceField(choices=HOW_MANY, widget=forms.RadioSelect)
    number = forms.IntegerField(
        label=gettext_lazy("Reviews per item"), min_value=1, max_value=MOST_REVIEWS, required=False
    )
    sight = forms.ChoiceField(choices=SIGHT, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, session: LabelingSession) -> None:
        n = session.reviews_per_item
        how_many = "all" if n is None else str(n) if n <= 3 else "other"
        sight = "blind" if session.is_blind else "open"
        super().__init__(data, initial={"how_many": how_many, "number": n, "sight": sight})

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("how_many") == "other" and data.get("number") is None and "number" not in self.errors:
            self.add_error("number", _("Say how many reviews each item gets."))
        return data

    @property
    def reviews_per_item(self) -> int | None:
        """The number chosen; None for everybody."""
        chosen = self.cleaned_data["how_many"]
        if chosen == "all":
            return None
        number: int = self.cleaned_data["number"] if chosen == "other" else int(chosen)
        return number


class NameForm(PlainForm):
    ids = "session"

    name = forms.CharField(label=gettext_lazy("Name of the session"), max_length=250)


class InstructionsForm(PlainForm):
    ids = "session"

    instructions = forms.CharField(
        label=gettext_lazy("Instructions"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea({"rows": 6}),
    )
