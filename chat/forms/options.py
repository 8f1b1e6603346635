"""What only one protocol asks for: plain JSON has its question and answer anywhere. Keys: chat.protocols.plain_json."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.forms.lines import HEADER_NAME, PairsField
from chat.forms.strict_json import strict_json, why_of
from chat.models import Endpoint
from chat.protocols.plain_json import MESSAGE, REQUEST
from chat.protocols.templates import names_in

CODE = {"dir": "ltr", "spellcheck": "false", "autocomplete": "off", "class": "field field--code"}
PATH = re.compile(r"[^\s{}\"']+")
OF_REQUEST = (
    "question", "messages", "history", "transcript", "system_prompt", "model", "conversation_id", "turn_id", "user",
    "images",
)  # fmt: skip
OF_MESSAGE = ("role", "text", "images")
ROLES = ("user", "assistant")
OF_SOURCE = ("title", "text", "url", "doc_id", "score")
PATHS = ("answer", "delta", "reasoning", "sources", "error", "done")
JSON_KEYS = ("request", "message", "roles", "source", *PATHS)


class TemplateField(forms.CharField):
    """JSON with {{names}} in its texts; nothing where it says what is the rule anyway."""

    def __init__(self, *, names: tuple[str, ...], rule: Any, rows: int, **kwargs: Any) -> None:
        widget = forms.Textarea({**CODE, "rows": rows})
        super().__init__(required=False, max_length=20_000, widget=widget, **kwargs)
        self.names, self.rule = names, rule

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value or self.rule, ensure_ascii=False, indent=2)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            template = strict_json(text)
        except ValueError as error:
            raise ValidationError(_("This JSON is not whole (%(why)s).") % {"why": why_of(error)}) from error
        if unknown := names_in(template) - set(self.names):
            said = _("There is no {{%(name)s}}. There are: %(names)s.")
            raise ValidationError(said % {"name": min(unknown), "names": ", ".join(self.names)})
        return None if template == self.rule else template


class PathField(forms.CharField):
    """Where something stands in JSON, as `data.0.text` or `docs[*]`."""

    def __init__(self, placeholder: str, **kwargs: Any) -> None:
        widget = forms.TextInput({**CODE, "placeholder": placeholder})
        super().__init__(required=False, max_length=200, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        path: str = super().clean(value)
        if path and not PATH.fullmatch(path):
            raise ValidationError(_("A path is names and numbers with dots between them, as data.0.text."))
        return path


class KnownPairsField(PairsField):
    """Pairs whose names are known beforehand."""

    def __init__(self, *, names: tuple[str, ...], placeholder: str, **kwargs: Any) -> None:
        super().__init__(attrs={"placeholder": placeholder, "rows": 2}, **kwargs)
        self.names = names

    def pairs(self, text: str) -> dict[str, Any]:
        found = super().pairs(text)
        if unknown := found.keys() - set(self.names):
            said = _("“%(name)s” is not known here. There are: %(names)s.")
            raise ValidationError(said % {"name": min(unknown), "names": ", ".join(self.names)})
        return found


class OptionsFields(forms.Form):
    endpoint: Endpoint

    secret_header = forms.CharField(
        label=gettext_lazy("Header of the secret"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("If it is not the one that belongs to how it speaks."),
        widget=forms.TextInput({**CODE, "placeholder": "x-api-key"}),
    )
    request = TemplateField(
        label=gettext_lazy("What to send"),
        names=OF_REQUEST,
        rule=REQUEST,
        rows=6,
        help_text=format_lazy(
            "{} {}", gettext_lazy("JSON. These are filled in:"), " ".join(f"{{{{{name}}}}}" for name in OF_REQUEST)
        ),
    )
    message = TemplateField(
        label=gettext_lazy("One of the messages"),
        names=OF_MESSAGE,
        rule=MESSAGE,
        rows=3,
        help_text=gettext_lazy("How each one in {{messages}} and {{history}} is written."),
    )
    roles = KnownPairsField(
        label=gettext_lazy("Names of the roles"), names=ROLES, placeholder="user: human\nassistant: ai"
    )
    answer = PathField("data.answer", label=gettext_lazy("The answer"))
    delta = PathField("token", label=gettext_lazy("In a stream, the next piece"))
    done = PathField("finished", label=gettext_lazy("In a stream, that it is over"))
    reasoning = PathField("thoughts", label=gettext_lazy("Reasoning"))
    error = PathField("error.message", label=gettext_lazy("What went wrong"))
    sources = PathField("documents", label=gettext_lazy("The sources"))
    source = KnownPairsField(
        label=gettext_lazy("Within a source"), names=OF_SOURCE, placeholder="title: metadata.title\ntext: page_content"
    )

    def initial_options(self) -> dict[str, Any]:
        return {name: self.endpoint.options.get(name) for name in ("secret_header", *JSON_KEYS)}

    def clean_secret_header(self) -> str:
        name: str = self.cleaned_data["secret_header"]
        if name and not HEADER_NAME.fullmatch(name):
            raise ValidationError(_("“%(name)s” can’t be the name of a header.") % {"name": name})
        return name

    def clean(self) -> dict[str, Any]:
        """What is hidden is no hindrance."""
        data = super().clean() or {}
        if data.get("protocol") != Endpoint.Protocol.JSON:
            for name in JSON_KEYS:
                self.errors.pop(name, None)
        return data

    def options(self) -> dict[str, Any]:
        """Return what is to be kept; options that stand in no field stay as they are."""
        data = self.cleaned_data
        own = ("secret_header", *(JSON_KEYS if data.get("protocol") == Endpoint.Protocol.JSON else ()))
        others = {key: value for key, value in self.endpoint.options.items() if key not in own}
        return others | {key: data[key] for key in own if data.get(key)}

    @property
    def has_json_more(self) -> bool:
        return any(
            self[name].value() or self[name].errors for name in ("reasoning", "error", "source", "roles")
        ) or bool(self["message"].errors or self.endpoint.options.get("message"))
