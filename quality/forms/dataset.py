"""What a dataset is called, and where it belongs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quality.models import EvaluationDataset
from traces.models import Experiment

MOST_TAGS = 50
LONGEST_KEY, LONGEST_VALUE = 250, 5_000  # as MLflow's


class DatasetForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=250, widget=forms.TextInput({"class": "field", "dir": "auto"})
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False,
        widget=forms.Textarea({"rows": 3, "class": "field field--code", "spellcheck": "false", "dir": "ltr"}),
        help_text=gettext_lazy("One a line, such as: team = claims. Programs find datasets by them."),
    )  # fmt: skip
    experiments = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Experiments"), queryset=Experiment.objects.order_by("name"), required=False,
        widget=forms.CheckboxSelectMultiple(),
    )  # fmt: skip
    use_required_attribute = False

    def __init__(self, data: Any = None, *, dataset: EvaluationDataset) -> None:
        tags = {key: value for key, value in dataset.tags.items() if not key.startswith("mlflow.")}
        initial = {
            "name": dataset.name,
            "tags": "\n".join(f"{key} = {value}" for key, value in tags.items()),
            "experiments": dataset.experiments.all(),
        }
        super().__init__(data, initial=initial, auto_id="dataset-%s")

    def clean_tags(self) -> dict[str, str]:
        tags: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data["tags"].splitlines(), 1):
            if not line.strip():
                continue
            key, is_tag, value = (part.strip() for part in line.partition("="))
            if not key or not is_tag:
                raise forms.ValidationError(_("Line %(n)d: a name, “=” and a value are needed.") % {"n": number})
            if key.startswith("mlflow."):
                raise forms.ValidationError(
                    _("Line %(n)d: names that begin with “mlflow.” are MLflow’s own.") % {"n": number}
                )
            if len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE:
                raise forms.ValidationError(_("Line %(n)d is too long.") % {"n": number})
            tags[key] = value
        if len(tags) > MOST_TAGS:
            raise forms.ValidationError(_("At most %(n)d tags.") % {"n": MOST_TAGS})
        return tags
