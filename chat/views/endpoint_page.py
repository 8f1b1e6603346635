"""The page of an endpoint: what its parts show, and how a change is answered.

As on a session's set-up page, every part is a fragment with an id of its own, and the same template
draws the page, the answer to htmx, and the page again when a form was wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import trigger_client_event

from accounts.models import User
from chat.asking import EndpointAsking, askings_of
from chat.finding_out import FoundOut
from chat.forms.endpoint import EndpointForm
from chat.forms.talk import AudienceForm, SuggestionsForm, TestMessageForm
from chat.models import Endpoint
from chat.probing import Finding
from chat.trying import GREETING, Trial
from labeling.staffing import people_by
from labeling.views.asked import Asked
from reviewapp.lib.requests import UserRequest
from reviewapp.lib.sealing import CannotOpen

CHANGED = "endpoint:changed"  # heard by the preview
SAVED = "endpoint:saved"  # heard by <save-state>
FRAGMENTS = {  # what htmx gets back; a text that is being typed is never replaced
    "where": "chat/_endpoint_form.html",
    "people": "chat/_endpoint_people.html",
    "answer": "chat/_endpoint_asked.html",
    "conversation": "chat/_endpoint_asked.html",
    "suggestions": "chat/_endpoint_suggestions_errors.html",
    "test": "chat/_endpoint_test.html",
}


@dataclass
class EndpointPage:
    """What the templates ask for; nothing is read before a template asks.

    The forms are the endpoint's own unless a view brings one that was filled in.
    """

    endpoint: Endpoint
    form: EndpointForm | None = None
    suggestions_form: SuggestionsForm | None = None
    test_form: TestMessageForm | None = None
    asked: dict[str, Asked] = field(default_factory=dict)  # the lists of questions that a view changed
    search: str = ""  # for people
    refusal: str = ""  # why a test was not begun
    found_out: FoundOut | None = None  # what the endpoint says of itself
    refusal_to_find_out: str = ""
    is_saved: bool = False  # just now
    finding: Finding | None = None  # what a check of the trace link found

    def __post_init__(self) -> None:
        endpoint = self.endpoint
        self.form = self.form or EndpointForm(endpoint=endpoint)
        self.suggestions_form = self.suggestions_form or SuggestionsForm(initial={"suggestions": endpoint.suggestions})
        self.test_form = self.test_form or TestMessageForm(initial={"test_message": self.last_message})

    @property
    def is_kept(self) -> bool:
        return not self.endpoint._state.adding

    @property
    def last_message(self) -> str:
        return self.trial.message if self.trial else str(GREETING)

    @cached_property
    def trial(self) -> Trial | None:
        return Trial.of(self.endpoint)

    @property
    def audience_form(self) -> AudienceForm:
        return AudienceForm(initial={"audience": "everybody" if self.endpoint.is_for_everybody else "chosen"})

    @cached_property
    def secret_is_lost(self) -> bool:
        try:
            self.endpoint.target()
        except CannotOpen:
            return True
        return False

    @cached_property
    def lists(self) -> list[Asked]:
        """The questions about each answer, and those about the conversation."""
        return [self.asked.get(asking.about) or Asked(asking) for asking in askings_of(self.endpoint)]

    @property
    def list_of_answer(self) -> Asked:
        return self.lists[0]

    @property
    def list_of_conversation(self) -> Asked:
        return self.lists[1]

    @cached_property
    def people(self) -> list[User]:
        return list(self.endpoint.people.order_by("name", "email"))

    @cached_property
    def candidates(self) -> list[User]:
        return people_by(self.search, without=self.endpoint.people.all())


@dataclass(frozen=True)
class EndpointPlace:
    """Where a list of an endpoint's questions stands."""

    asking: EndpointAsking

    def show(self, request: UserRequest, asked: Asked, *, status: int = 200) -> HttpResponse:
        page = EndpointPage(self.asking.endpoint, asked={self.asking.about: asked})
        return show_part(request, page, self.asking.about, status=status)

    def changed(self, request: UserRequest, asked: Asked) -> HttpResponse:
        page = EndpointPage(self.asking.endpoint, asked={self.asking.about: asked})
        return changed(request, page, self.asking.about)


def show_page(request: UserRequest, page: EndpointPage, *, status: int = 200) -> HttpResponse:
    return render(request, "chat/endpoint.html", {"page": page, "section": "chat"}, status=status)


def show_part(request: UserRequest, page: EndpointPage, part: str, *, status: int = 200) -> HttpResponse:
    """Answer with one part, or to a plain form with the page around it."""
    if not request.htmx:
        return show_page(request, page, status=status)
    ctx = {"page": page, "asked": page.asked.get(part)}
    return render(request, FRAGMENTS[part], ctx, status=status)


def wrong(request: UserRequest, page: EndpointPage) -> HttpResponse:
    """Answer a form that was not saved with what is wrong about it, brought into view."""
    answer = show_part(request, page, "where", status=422)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#endpoint-form", "outerHTML show:top"
    return answer


def changed(request: UserRequest, page: EndpointPage, part: str) -> HttpResponse:
    """Answer a change that is saved: the part, and word to the preview; to a plain form, back to the part."""
    if not request.htmx:
        return HttpResponseRedirect(address_of(page.endpoint, part))
    return told(show_part(request, page, part), page)


def told(answer: HttpResponse, page: EndpointPage) -> HttpResponse:
    """Tell the rest of the page what an answer to htmx changed."""
    if page.is_saved:
        trigger_client_event(answer, SAVED)
    return trigger_client_event(answer, CHANGED)


def address_of(endpoint: Endpoint, part: str) -> str:
    return f"{reverse('chat:endpoint', args=[endpoint.pk])}#part-{part}"
