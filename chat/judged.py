"""What people said about answers and conversations, as the page draws it: for who said it to change, else to read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from chat.forms.judging import BetterForm, JudgingForm
from chat.linking import words_for_link
from chat.models import Conversation, EndpointQuestion, Judgement, Turn
from chat.models.judgements import THUMBS
from chat.showing import answer_of, trace_id_shown
from chat.statements import find_questions
from labeling.answers import draft_of
from labeling.builtin import EXPECTED_RESPONSE
from labeling.inputs import input_of
from labeling.models import LabelSchemaVersion
from labeling.questionnaire import Questionnaire
from traces.models import Assessment
from traces.reading.conversation import Message
from traces.reading.wording import in_words, said

About = EndpointQuestion.About


class Answered(NamedTuple):
    version: LabelSchemaVersion
    assessment: Assessment


@dataclass(frozen=True)
class Said:
    """One judgement to be read. `tone` is "pass", "fail" or nothing."""

    who: str
    title: str
    answer: str
    rationale: str
    tone: str = ""
    is_text: bool = False


@dataclass
class Judging:
    """Drawn by chat/_judging.html and chat/_judging_conversation.html."""

    talk: Conversation
    is_own: bool
    questionnaire: Questionnaire
    turn: Turn | None = None  # None: about the conversation
    thumb: bool | None = None
    comment: str = ""
    comment_errors: list[str] = field(default_factory=list)
    better: str | None = None  # None: not written
    better_errors: list[str] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    message: str = ""  # why it was not saved

    @property
    def has_questions(self) -> bool:
        return bool(self.questionnaire.fields)

    @property
    def is_saved(self) -> bool:
        return bool(self.said) and not (self.message or self.comment_errors or self.questionnaire.errors)

    @property
    def asks_ideal(self) -> bool:
        """Whether one of the questions is the better answer already."""
        return any(each.schema.assessment_name == EXPECTED_RESPONSE for each in self.questionnaire.fields)

    @property
    def answer(self) -> Message | None:
        return answer_of(self.turn) if self.turn else None

    @property
    def trace_id(self) -> str:
        return trace_id_shown(self.turn) if self.turn else ""

    @property
    def where(self) -> str:
        """Where it is kept, in words."""
        return words_for_link(self.turn) if self.turn else ""


def judging_of(
    turn: Turn, user: User, *, form: JudgingForm | None = None, better: BetterForm | None = None, message: str = ""
) -> Judging:
    """Return what the page shows under a finished answer; with a form, as it was sent. Queries: 2."""
    judging = judgings_of([turn], user)[turn.pk]
    judging.message = message
    if form is not None:
        judging.questionnaire = form.questionnaire
        judging.comment = judging.comment if form.comment is None else form.comment
        judging.comment_errors = form.comment_errors
    if better is not None and better.errors:
        judging.better, judging.better_errors = better.better, better.errors
    return judging


def judgings_of(turns: Sequence[Turn], user: User) -> dict[UUID, Judging]:
    """Return `judging_of` of turns of one conversation, by turn. Queries: 2, however many turns."""
    if not turns:
        return {}
    conversation = turns[0].conversation
    questions = questions_of(conversation, About.ANSWER)
    given = defaultdict(list)
    for each in judgements().filter(turn__in=turns):
        given[each.turn_id].append(each)
    is_own = conversation.user_id == user.pk
    return {turn.pk: judging_from(turn, questions, given[turn.pk], is_own=is_own) for turn in turns}


def judging_from(turn: Turn, questions: list[EndpointQuestion], given: list[Judgement], *, is_own: bool) -> Judging:
    by_name = {each.name: each.assessment for each in given}
    thumb = by_name.get(THUMBS)
    better = by_name.get(EXPECTED_RESPONSE)
    return Judging(
        talk=turn.conversation,
        is_own=is_own,
        questionnaire=filled(questions, given, id_prefix_of(turn)),
        turn=turn,
        thumb=thumb.value if thumb else None,
        comment=thumb.rationale if thumb else "",
        better=better.value if better else None,
        said=[said_by(each) for each in given],
    )


def judging_of_conversation(
    conversation: Conversation, user: User, *, form: JudgingForm | None = None, message: str = ""
) -> Judging:
    """Return what the page shows of the conversation as a whole. Queries: 2."""
    questions = questions_of(conversation, About.CONVERSATION)
    given = list(judgements().filter(conversation=conversation, turn=None))
    return Judging(
        talk=conversation,
        is_own=conversation.user_id == user.pk,
        questionnaire=form.questionnaire if form else filled(questions, given, id_prefix_of(conversation)),
        said=[said_by(each) for each in given],
        message=message,
    )


def judgements() -> QuerySet[Judgement]:
    return Judgement.objects.select_related("assessment", "version", "user").order_by("pk")


def questions_of(conversation: Conversation, about: str) -> list[EndpointQuestion]:
    return find_questions(conversation.endpoint_id, about)


def id_prefix_of(about: Turn | Conversation) -> str:
    return f"{about.pk.hex}-"


def filled(questions: list[EndpointQuestion], given: list[Judgement], id_prefix: str) -> Questionnaire:
    answers = [Answered(each.version, each.assessment) for each in given if each.version is not None]
    return Questionnaire(questions, draft=draft_of(answers), id_prefix=id_prefix)


def said_by(judgement: Judgement) -> Said:
    assessment, version = judgement.assessment, judgement.version
    title = version.title if version else title_of(judgement.name)
    answer = input_of(version.input).says(assessment.value) if version else words_of(assessment)
    return Said(
        who=str(judgement.user),
        title=title,
        answer=answer,
        rationale=assessment.rationale,
        tone={True: "pass", False: "fail"}.get(assessment.value, "") if isinstance(assessment.value, bool) else "",
        is_text=len(answer) > 80 or "\n" in answer,
    )


def title_of(name: str) -> str:
    return {THUMBS: _("Answer"), EXPECTED_RESPONSE: _("A better answer")}.get(name) or in_words(name)


def words_of(assessment: Assessment) -> str:
    if assessment.name == THUMBS:
        return _("Good") if assessment.value else _("Bad")
    return assessment.value if isinstance(assessment.value, str) else said(assessment.value, limit=200)
