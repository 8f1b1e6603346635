"""The form of a publishable key."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from traces.feedback.models import PublishableKey
from traces.feedback.origins import origin_from
from traces.models import Experiment

MOST_ORIGINS = 50


class KeyForm(forms.ModelForm):
    """The experiment stays what it was: what pages carry must not change what it means."""

    use_required_attribute = False
    experiment = forms.ModelChoiceField(
        Experiment.objects.order_by("name"),
        label=_("Experiment"),
        empty_label=_("Choose …"),
        help_text=_("Feedback is added to traces of this experiment only."),
    )
    origins = forms.CharField(
        label=_("Pages that may send"),
        widget=forms.Textarea({"rows": 3, "dir": "ltr", "spellcheck": "false", "class": "field"}),
        help_text=_(
            "One origin a line, such as https://app.example.org or https://*.example.org. A single * allows every page."
        ),
    )

    class Meta:
        model = PublishableKey
        fields = ("name", "experiment", "origins", "per_minute", "per_address_minute")
        help_texts = {  # noqa: RUF012 - Django's own form
            "name": _("For example the application’s name. It is noted with each feedback."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "key-%s", **kwargs})
        if self.instance.pk:
            del self.fields["experiment"]
        self.initial["origins"] = "\n".join(self.instance.origins)
        for field in self.fields.values():
            field.widget.attrs["class"] = "field"

    def clean_origins(self) -> list[str]:
        origins = []
        for text in re.split(r"[\s,]+", self.cleaned_data["origins"].strip()):
            try:
                origins.append(origin_from(text))
            except ValueError as error:
                wrong = _("“%(text)s” is no origin: write https://, the host and, if need be, the port.")
                raise forms.ValidationError(wrong, params={"text": text}) from error
        if len(origins) > MOST_ORIGINS:
            raise forms.ValidationError(_("At most %(n)d origins."), params={"n": MOST_ORIGINS})
        return list(dict.fromkeys(origins))

    def clean_per_minute(self) -> int:
        return at_least_one(self.cleaned_data["per_minute"])

    def clean_per_address_minute(self) -> int:
        return at_least_one(self.cleaned_data["per_address_minute"])


def at_least_one(n: int) -> int:
    if n < 1:
        raise forms.ValidationError(_("At least 1."))
    return n
