"""The request that an endpoint would be sent, to be looked at: an example, and never the secret."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from chat.forms.endpoint import EndpointForm, origin_of
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.protocols import PROTOCOLS

HIDDEN = "••••••••"
SAID_ANYWAY = {"accept", "accept-encoding"}


class RequestForm(EndpointForm):
    """The form half-filled: nothing is looked up, and what is wrong is left out."""

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        return url

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data

    def target(self) -> Target | None:
        """Return whom to ask, with the secret that was typed; None as long as there is no address."""
        self.is_valid()
        data = self.cleaned_data
        if not data.get("url") or data.get("protocol") not in PROTOCOLS:
            return None
        return Target(
            protocol=data["protocol"],
            url=data["url"],
            model=data.get("model", ""),
            parameters=data.get("parameters", {}),
            system_prompt=data.get("system_prompt", ""),
            headers=data.get("headers", {}),
            secret=data.get("secret", ""),
            options=self.options(),
        )

    @property
    def keeps_secret(self) -> bool:
        data = self.cleaned_data
        return self.endpoint.has_secret and not data.get("secret") and not data.get("removes_secret")

    def target_to_call(self) -> Target | None:
        """Return whom to ask, with the kept secret too where the address still leads to its server.

        Raises: reviewapp.lib.sealing.CannotOpen.
        """
        target = self.target()
        if target and self.keeps_secret and origin_of(target.url) == origin_of(self.endpoint.url):
            return replace(target, secret=self.endpoint.target().secret)
        return target


@dataclass(frozen=True)
class RequestPreview:
    url: str
    headers: dict[str, str]
    body: str  # JSON


def request_preview(form: RequestForm) -> RequestPreview | None:
    """Return the request for a short talk; None as long as there is no address."""
    target = form.target()
    if target is None:
        return None
    if target.secret or form.keeps_secret:
        target = replace(target, secret=HIDDEN)
    data = form.cleaned_data
    request = PROTOCOLS[target.protocol].request(
        target, example(sends_traceparent=data.get("sends_traceparent", False))
    )
    headers = {name: said for name, said in request.headers.items() if name not in SAID_ANYWAY}
    return RequestPreview(request.url, headers, json.dumps(request.body, ensure_ascii=False, indent=2))


def example(*, sends_traceparent: bool) -> Prompt:
    talk = [
        PromptMessage("user", _("My basement flooded. Am I covered?")),
        PromptMessage("assistant", _("Yes, if the water came from a burst pipe.")),
        PromptMessage("user", _("And if it was the rain?")),
    ]
    traceparent = "00-" + "0123456789abcdef" * 2 + "-0123456789abcdef-01" if sends_traceparent else ""
    return Prompt(talk, "conversation-id", "turn-id", "person@example.org", traceparent)
