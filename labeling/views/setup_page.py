"""The set-up page of a session: what its parts show, and how a change is answered.

One page, four parts. Every part is a fragment with an id of its own, `part-<name>`, and the same
template draws the page, the answer to htmx, and the page again when a form was wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django_htmx.http import trigger_client_event

from accounts.models import User
from labeling.answers import AskedQuestion
from labeling.arranging import SessionAsking
from labeling.finding import Found
from labeling.forms.people import InstructionsForm, InvitationForm, NameForm, RuleForm
from labeling.forms.selection import SelectionForm
from labeling.models import LabelingSession
from labeling.questionnaire import QuestionField
from labeling.readiness import Gap, gaps_of
from labeling.selecting import Selection
from labeling.staffing import Workload, people_to_add, workload_of
from labeling.views.asked import Asked
from reviewapp.lib.requests import UserRequest
from traces.reading.rendering import render_markdown

CHANGED = "session:changed"  # heard by the preview and the bar
FRAGMENTS = {  # what htmx gets back; a text that is being typed is never replaced
    "name": "labeling/_setup_name_errors.html",
    "traces": "labeling/_setup_found.html",
    "questions": "labeling/_setup_questions.html",
    "people": "labeling/_setup_people.html",
    "rule": "labeling/_setup_rule.html",
    "instructions": "labeling/_setup_instructions_shown.html",
}


@dataclass
class SetupPage:
    """What the templates ask for; nothing is read before a template asks.

    The forms are the session's own unless a view brings one that was filled in.
    """

    session: LabelingSession
    name_form: NameForm | None = None
    selection_form: SelectionForm | None = None
    rule_form: RuleForm | None = None
    instructions_form: InstructionsForm | None = None
    invitation_form: InvitationForm | None = None
    asked: Asked | None = None  # its questions, one of them perhaps being written
    search: str = ""  # for people
    after: str = ""  # where the list of traces goes on
    invited: User | None = None
    link: str = ""  # signs `invited` in, once
    tries_to_open: bool = False

    def __post_init__(self) -> None:
        session = self.session
        self.name_form = self.name_form or NameForm(initial={"name": session.name})
        self.selection_form = self.selection_form or SelectionForm(session=session)
        self.rule_form = self.rule_form or RuleForm(session=session)
        self.instructions_form = self.instructions_form or InstructionsForm(
            initial={"instructions": session.instructions}
        )
        self.invitation_form = self.invitation_form or InvitationForm()
        self.asked = self.asked or Asked(SessionAsking(session))

    @property
    def is_draft(self) -> bool:
        return self.session.state == LabelingSession.State.DRAFT

    @cached_property
    def found(self) -> Found:
        return Found(self.session, Selection.of(self.session), after=self.after)

    @property
    def questions(self) -> Sequence[AskedQuestion]:
        return self.asked.questions if self.asked else []

    @property
    def fields(self) -> list[QuestionField]:
        """The questions as reviewers see them."""
        return self.asked.fields if self.asked else []

    @cached_property
    def people(self) -> list[User]:
        return [reviewer.user for reviewer in self.session.reviewers.select_related("user")]

    @cached_property
    def awaited(self) -> list[str]:
        """The addresses that a program put into the session and that have no account yet."""
        return list(self.session.awaited.values_list("email", flat=True))

    @cached_property
    def candidates(self) -> list[User]:
        return people_to_add(self.session, self.search)

    @cached_property
    def workload(self) -> Workload | None:
        return workload_of(self.session, n_people=len(self.people))

    @cached_property
    def gaps(self) -> list[Gap]:
        return gaps_of(self.session) if self.is_draft else []

    @property
    def instructions_html(self) -> SafeString:
        return render_markdown(self.session.instructions)


def show_page(request: UserRequest, page: SetupPage, *, status: int = 200) -> HttpResponse:
    return render(request, "labeling/setup.html", {"page": page, "section": "sessions"}, status=status)


def show_part(request: UserRequest, page: SetupPage, part: str, *, status: int = 200) -> HttpResponse:
    """Answer with one part, or to a plain form with the page around it."""
    if not request.htmx:
        return show_page(request, page, status=status)
    return render(request, FRAGMENTS[part], {"page": page}, status=status)


def changed(request: UserRequest, page: SetupPage, part: str) -> HttpResponse:
    """Answer a change that is saved: the part, and word to the preview; to a plain form, back to the part."""
    if not request.htmx:
        return HttpResponseRedirect(address_of(page.session, part))
    return shown_once(request, page, part)


def shown_once(request: UserRequest, page: SetupPage, part: str) -> HttpResponse:
    """Answer a change with what this one answer alone can show."""
    return trigger_client_event(show_part(request, page, part), CHANGED)


def address_of(session: LabelingSession, part: str) -> str:
    return f"{reverse('labeling:setup', args=[session.pk])}#part-{part}"
