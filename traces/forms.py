"""What developers type about traces."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


def field(**attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "field", "autocomplete": "off", **attributes})


class TagForm(forms.Form):
    """A tag for chosen traces."""

    key = forms.CharField(max_length=250, label=_("Tag"), widget=field())
    value = forms.CharField(max_length=5_000, required=False, label=_("Value"), widget=field())


class SavedViewForm(forms.Form):
    name = forms.CharField(max_length=100, label=_("Name of the view"), widget=field())
    is_shared = forms.BooleanField(required=False, label=_("Show it to everybody"))
