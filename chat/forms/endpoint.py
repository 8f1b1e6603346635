"""An endpoint as a form: where it is, how patient one is with it, and where its traces go."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.forms.address import AddressField, check_reach
from chat.forms.lines import HEADER_NAME, HeadersField, LinesField, ParametersField
from chat.forms.options import CODE, OptionsFields
from chat.forms.speaking import SPOKEN
from chat.models import Endpoint
from labeling.forms.plain import PlainForm
from traces.models import Experiment

# What a test message says something about: once one of these has changed, the last test is of the past.
TESTED = ("protocol", "url", "model", "parameters", "system_prompt", "headers", "options")
KEPT = (
    "name", "version", *TESTED[:-1], "first_byte_timeout_s", "idle_timeout_s", "total_timeout_s", "experiment",
    "trace_id_paths", "trace_id_headers", "sends_traceparent",
)  # fmt: skip


class EndpointForm(OptionsFields, PlainForm):
    """A new endpoint, or a change of one. The kept secret is never shown: an empty field keeps it."""

    ids = "endpoint"

    name = forms.CharField(label=gettext_lazy("Name"), max_length=250, widget=forms.TextInput({"dir": "auto"}))
    version = forms.CharField(
        label=gettext_lazy("Version"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Stands on every trace."),
        widget=forms.TextInput({"placeholder": "v1", "dir": "auto"}),
    )
    protocol = forms.ChoiceField(
        label=gettext_lazy("How it speaks"), choices=Endpoint.Protocol.choices, widget=forms.RadioSelect
    )
    url = AddressField(label=gettext_lazy("Address"), widget=forms.TextInput({**CODE, "inputmode": "url"}))
    model = forms.CharField(
        label=gettext_lazy("Model"),
        max_length=250,
        required=False,
        help_text=gettext_lazy("If the endpoint serves several."),
        widget=forms.TextInput({**CODE, "list": "endpoint-models"}),
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        max_length=8_000,
        required=False,
        widget=forms.PasswordInput({**CODE, "autocomplete": "new-password", "data-lpignore": "true"}),
    )
    removes_secret = forms.BooleanField(label=gettext_lazy("Take the secret away"), required=False)
    system_prompt = forms.CharField(
        label=gettext_lazy("System prompt"),
        max_length=100_000,
        required=False,
        help_text=gettext_lazy("Goes before every conversation. Leave it empty where the application has its own."),
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
    parameters = ParametersField(
        label=gettext_lazy("Parameters"),
        help_text=gettext_lazy("Into every request, as they are. One per line as “name: value”, or a JSON object."),
        attrs={"placeholder": "temperature: 0.2\nmax_tokens: 800"},
    )
    headers = HeadersField(
        label=gettext_lazy("Headers"),
        help_text=gettext_lazy("One per line. Managers can read them here, so keys belong in the secret."),
        attrs={"placeholder": "X-Tenant: claims"},
    )

    first_byte_timeout_s = forms.IntegerField(
        label=gettext_lazy("For the first word"), min_value=1, max_value=600, widget=forms.NumberInput({"min": 1})
    )
    idle_timeout_s = forms.IntegerField(
        label=gettext_lazy("For the next word"), min_value=1, max_value=600, widget=forms.NumberInput({"min": 1})
    )
    total_timeout_s = forms.IntegerField(
        label=gettext_lazy("For the whole answer"), min_value=1, max_value=3_600, widget=forms.NumberInput({"min": 1})
    )

    experiment = forms.ModelChoiceField(
        Experiment.objects.all(),
        label=gettext_lazy("Experiment"),
        empty_label=None,
        help_text=gettext_lazy("Every answer is recorded as a trace there, with what people say about it."),
    )
    new_experiment = forms.CharField(
        label=gettext_lazy("Or a new one"),
        max_length=250,
        required=False,
        widget=forms.TextInput({"dir": "auto", "placeholder": gettext_lazy("its name"), "autocomplete": "off"}),
    )
    trace_id_paths = LinesField(
        label=gettext_lazy("In the answer, as a path"),
        max_lines=20,
        max_each=200,
        rows=2,
        attrs={**CODE, "placeholder": "metadata.trace_id"},
    )
    trace_id_headers = LinesField(
        label=gettext_lazy("In a header, by name"),
        max_lines=20,
        max_each=100,
        rows=2,
        attrs={**CODE, "placeholder": "x-trace-id"},
    )
    sends_traceparent = forms.BooleanField(
        label=gettext_lazy("Send a traceparent header with every message"), required=False
    )

    def __init__(self, data: Any = None, *, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        initial = {name: getattr(endpoint, name) for name in KEPT if name != "experiment"}
        super().__init__(data, initial={**initial, "experiment": endpoint.experiment_id, **self.initial_options()})

    def as_typed(self) -> dict[str, Any]:
        """Return what the fields would send if nobody changed them; secrets are never among it."""
        return {name: self[name].value() for name in self.fields if self[name].value() is not None}

    @property
    def ways(self) -> list[dict[str, Any]]:
        """The protocols as they are offered: each with its radio button and what it is for."""
        return [
            {"radio": radio, "spoken": SPOKEN[protocol]}
            for radio, protocol in zip(self["protocol"], Endpoint.Protocol.values, strict=True)
        ]

    @property
    def has_more(self) -> bool:
        return self.says("system_prompt", "parameters", "headers", "secret_header")

    @property
    def has_trace_link(self) -> bool:
        return self.says("trace_id_paths", "trace_id_headers", "sends_traceparent")

    def says(self, *names: str) -> bool:
        """Return whether one of these is filled in, rightly or wrongly, so that it is to be seen."""
        return any(self[name].value() or self[name].errors for name in names)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        check_reach(url)
        return url

    def clean_trace_id_headers(self) -> list[str]:
        names: list[str] = self.cleaned_data["trace_id_headers"]
        for name in names:
            if not HEADER_NAME.fullmatch(name):
                raise ValidationError(_("“%(name)s” can’t be the name of a header.") % {"name": name})
        return names

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        same = Endpoint.objects.filter(name=data.get("name"), version=data.get("version")).exclude(pk=self.endpoint.pk)
        if "name" in data and "version" in data and same.exists():
            self.add_error("version", _("There is an endpoint of this name and version already."))
        if self.would_send_secret_elsewhere(data):
            self.add_error(
                "secret",
                _("The address leads to another server now. Enter the secret again, or take it away: "
                  "so it never goes where it was not meant to go."),
            )  # fmt: skip
        return data

    def would_send_secret_elsewhere(self, data: dict[str, Any]) -> bool:
        keeps = self.endpoint.has_secret and not data.get("secret") and not data.get("removes_secret")
        return bool(keeps and "url" in data and origin_of(data["url"]) != origin_of(self.endpoint.url))

    def apply(self) -> bool:
        """Write the valid form into the endpoint, not yet saved; return whether the way to it has changed.

        A new experiment is made.
        """
        data, endpoint = self.cleaned_data, self.endpoint
        data["options"] = self.options()
        if name := data["new_experiment"]:
            data["experiment"] = Experiment.objects.get_or_create(name=name)[0]
        is_other = any(getattr(endpoint, name) != data[name] for name in TESTED)
        for name in (*KEPT, "options"):
            setattr(endpoint, name, data[name])
        if data["secret"] or data["removes_secret"]:
            endpoint.set_secret(data["secret"])
            is_other = True
        return is_other


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Return what a secret is bound to: scheme, host and port. `url` may be empty, and was checked before."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").rstrip("."), port
