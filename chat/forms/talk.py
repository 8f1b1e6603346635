"""Who may chat, how a talk may begin, and what a test message says."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from chat.forms.lines import LinesField
from labeling.forms.plain import PlainForm

MAX_SUGGESTIONS = 12
MAX_SUGGESTION_LENGTH = 500  # characters
AUDIENCES = [
    ("chosen", gettext_lazy("People you choose")),
    ("everybody", gettext_lazy("Everybody who can sign in")),
]


class AudienceForm(PlainForm):
    ids = "audience"

    audience = forms.ChoiceField(choices=AUDIENCES, widget=forms.RadioSelect)


class SuggestionsForm(PlainForm):
    ids = "talk"

    suggestions = LinesField(
        label=gettext_lazy("Messages to begin with"),
        max_lines=MAX_SUGGESTIONS,
        max_each=MAX_SUGGESTION_LENGTH,
        rows=4,
        attrs={"placeholder": gettext_lazy("My basement flooded. Am I covered?")},
    )


class TestMessageForm(PlainForm):
    ids = "test"

    test_message = forms.CharField(
        label=gettext_lazy("Test message"), max_length=2_000, widget=forms.TextInput({"dir": "auto"})
    )
