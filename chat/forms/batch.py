"""Questions for an endpoint to answer, as a form: typed, pasted, or from a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.models import Endpoint
from chat.questions_file import MAX_CHARACTERS, Format, Reading, format_of, read
from labeling.forms.plain import PlainForm
from labeling.models import LabelingSession


class BatchForm(PlainForm):
    """What a file holds comes into the text, so that it can be seen and mended."""

    ids = "batch"

    session = forms.ModelChoiceField(
        LabelingSession.objects.exclude(state=LabelingSession.State.CLOSED).select_related("experiment"),
        label=gettext_lazy("Labeling session"), empty_label=gettext_lazy("Choose …"),
        error_messages={"required": gettext_lazy("Choose the session that the answers go to.")},
    )  # fmt: skip
    endpoint = forms.ModelChoiceField(
        Endpoint.objects.none(), label=gettext_lazy("Endpoint that answers"), empty_label=gettext_lazy("Choose …"),
        error_messages={"required": gettext_lazy("Choose who answers.")},
    )  # fmt: skip
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=Format.choices, required=False)
    text = forms.CharField(
        label=gettext_lazy("Questions"), required=False, strip=False, max_length=MAX_CHARACTERS,
        widget=forms.Textarea({"rows": 8, "dir": "auto"}),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("Or a file"), required=False,
        widget=forms.FileInput({"accept": ".txt,.csv,.jsonl,.ndjson,.json,text/plain,text/csv"}),
    )  # fmt: skip

    def __init__(self, data: Any = None, files: Any = None, *, endpoints: QuerySet[Endpoint], **kwargs: Any) -> None:
        super().__init__(data, files, **kwargs)
        self.fields["endpoint"].queryset = endpoints  # type: ignore[attr-defined]  # typed as a plain Field

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        session, endpoint, file = data.get("session"), data.get("endpoint"), data.get("file")
        if session and endpoint and session.experiment_id != endpoint.experiment_id:
            words = _("Its answers go to the experiment “%(theirs)s”, but the session takes “%(ours)s”.")
            self.add_error("endpoint", words % {"theirs": endpoint.experiment, "ours": session.experiment})
        if file:
            data["text"], data["format"] = self.text_of(file), format_of(file.name)
        if not (data.get("text") or "").strip() and not self.errors.keys() & {"text", "file"}:
            self.add_error("text", _("Write or paste a question, or choose a file."))
        data["format"] = data.get("format") or Format.LINES
        return data

    def text_of(self, file: Any) -> str:
        """Return what a file holds, "" with an error said when that is no text that can be taken."""
        content: bytes = file.read(MAX_CHARACTERS + 1)
        try:
            if len(content) > MAX_CHARACTERS:
                raise forms.ValidationError(_("The file is larger than 2 MB."))
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.add_error("file", _("The file is no text in UTF-8."))
        except forms.ValidationError as error:
            self.add_error("file", error)
        return ""

    def reading(self) -> Reading:
        return read(self.cleaned_data["text"], self.cleaned_data["format"])

    def with_text(self) -> BatchForm:
        """Return the form with what the file held in the text field, errors kept."""
        if self.files:
            read = {name: self.cleaned_data.get(name, "") for name in ("text", "format")}
            self.data = dict(self.data.items()) | read
        return self
