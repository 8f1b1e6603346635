"""Into which dataset records go."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quality.models import EvaluationDataset

NEW = "new"
MOST_DATASETS = 200


class MakeForm(forms.Form):
    """A new dataset with a name, or one that is there."""

    target = forms.ChoiceField(label=gettext_lazy("Into"))
    name = forms.CharField(
        label=gettext_lazy("Name of the new dataset"), required=False, max_length=250,
        widget=forms.TextInput({"class": "field", "dir": "auto", "autocomplete": "off"}),
    )  # fmt: skip
    with_silent = forms.BooleanField(
        label=gettext_lazy("Also traces of which nobody wrote what is expected"), required=False,
        help_text=gettext_lazy("Their inputs alone: enough for judges that need no expected answer."),
    )  # fmt: skip
    use_required_attribute = False

    def __init__(self, data: Any = None, *, name: str, address: str) -> None:
        super().__init__(data, initial={"target": NEW, "name": name}, auto_id="make-%s")
        self.datasets = {each.pk: each for each in EvaluationDataset.objects.order_by("-updated_at")[:MOST_DATASETS]}
        looks_again = {
            "hx-post": address, "hx-target": "#make-preview", "hx-swap": "outerHTML", "hx-include": "closest form",
            "hx-sync": "closest form:replace",
        }  # fmt: skip
        choices = [(NEW, _("A new dataset")), *[(key, each.name) for key, each in self.datasets.items()]]
        target, with_silent = self.fields["target"], self.fields["with_silent"]
        target.widget = forms.Select(attrs={"class": "field", "dir": "auto", **looks_again})
        target.choices = choices  # type: ignore[attr-defined]  # typed as a plain Field
        with_silent.widget = forms.CheckboxInput(attrs=looks_again)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("target") == NEW and not cleaned.get("name"):
            self.add_error("name", _("Give it a name."))
        return cleaned

    @property
    def dataset(self) -> EvaluationDataset | None:
        """The dataset that is chosen, whatever else is wrong in the form; None for a new one."""
        return self.datasets.get(str(self["target"].value()))

    @property
    def takes_silent(self) -> bool:
        return bool(self["with_silent"].value())
