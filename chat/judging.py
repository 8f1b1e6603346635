"""What people say about answers and conversations becomes assessments; nothing said is ever destroyed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from chat import copying, linking, tracing
from chat.forms.judging import THUMBS_SENT, JudgingForm
from chat.models import Conversation, Judgement, Turn
from chat.models.judgements import THUMBS
from labeling.answers import GivenAnswer
from labeling.builtin import EXPECTED_RESPONSE
from labeling.models import LabelSchemaVersion
from labeling.questionnaire import QuestionField, Questionnaire
from traces.announcing import announce_assessed
from traces.models import Assessment, Json

Kind = Assessment.Kind
About = Turn | Conversation


class NotFinished(Exception):
    """There is no answer yet that could be judged."""


@transaction.atomic
def say(
    about: About,
    user: User,
    name: str,
    value: Json,
    *,
    kind: str = Kind.FEEDBACK,
    rationale: str = "",
    version: LabelSchemaVersion | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Judgement:
    """Write what a person holds of an answer or a conversation, over what they held before; the same again is nothing.

    `metadata` goes into the assessment, beside where it was said. Raises: NotFinished.
    """
    turn = lock(about)
    judgement = said_before(about, user).filter(name=name).first()
    assessed = {**metadata_of(about, version), **(metadata or {})}
    if judgement is None:
        judgement = Judgement(**place_of(about), user=user, name=name)
        judgement.assessment = Assessment.objects.create(
            trace_id=tracing.recorded_id_of(turn), kind=kind, name=name, value=value, rationale=rationale,
            metadata=assessed, source_type=Assessment.SourceType.HUMAN, source_id=user.email,
        )  # fmt: skip
        told = [judgement.assessment_id]
    elif is_same(judgement, value, rationale, assessed):
        return judgement
    else:
        told = [judgement.assessment_id]
        judgement.assessment = judgement.assessment.override(value=value, rationale=rationale, metadata=assessed)
        told.append(judgement.assessment_id)
    judgement.version = version
    judgement.save()
    announce_assessed(told)
    if own := linking.own_trace_of(turn):
        copying.follow(judgement, own.pk)
    return judgement


@transaction.atomic
def take_back(about: About, user: User, name: str) -> None:
    """Mark what a person held as not valid any more; nothing held is no error. Raises: NotFinished."""
    lock(about)
    judgement = said_before(about, user).filter(name=name).first()
    if judgement is None:
        return
    over = [each for each in (judgement.assessment_id, judgement.copy_id) if each]
    Assessment.objects.filter(pk__in=over).update(valid=False, updated_at=timezone.now())
    judgement.delete()
    announce_assessed(over)


def lock(about: About) -> Turn:
    """Let nobody else judge, or link to a trace, until the transaction ends; return the turn whose trace is judged.

    For a conversation that is its first one that ended, where MLflow too keeps what is said of a session.
    """
    turns = Turn.objects.select_for_update(no_key=True, of=("self",)).exclude(state=Turn.State.RUNNING)
    turns = turns.select_related("conversation__endpoint__experiment", "conversation__user")
    if isinstance(about, Turn):
        turn = turns.filter(pk=about.pk).first()
    else:
        turn = turns.filter(conversation=about).order_by("started_at", "id").first()
    if turn is None:
        raise NotFinished
    return turn


def place_of(about: About) -> dict[str, Any]:
    if isinstance(about, Turn):
        return {"conversation_id": about.conversation_id, "turn": about}
    return {"conversation": about, "turn": None}


def said_before(about: About, user: User) -> QuerySet[Judgement]:
    place = {"turn": about} if isinstance(about, Turn) else {"turn": None, "conversation": about}
    return Judgement.objects.select_related("assessment", "copy", "version").filter(**place, user=user)


def metadata_of(about: About, version: LabelSchemaVersion | None) -> dict[str, str]:
    """Say where it was said, in strings, as MLflow's assessments have them."""
    if isinstance(about, Turn):
        metadata = {"reviewapp.conversation": str(about.conversation_id), "reviewapp.turn": str(about.pk)}
    else:  # naming the session makes it MLflow's assessment of a session
        metadata = {"reviewapp.conversation": str(about.pk), "mlflow.trace.session": str(about.pk)}
    if version is not None:
        metadata |= {"reviewapp.question": version.schema_id, "reviewapp.question_version": str(version.number)}
    return metadata


def is_same(judgement: Judgement, value: Json, rationale: str, metadata: Mapping[str, str]) -> bool:
    before = judgement.assessment
    return (before.value, before.rationale, before.metadata) == (value, rationale, metadata)


def thumb(turn: Turn, user: User, is_good: bool | None) -> None:
    """👍 or 👎, or None to take it back; a comment on it stays. Raises: NotFinished."""
    if is_good is None:
        return take_back(turn, user, THUMBS)
    before = said_before(turn, user).filter(name=THUMBS).first()
    say(turn, user, THUMBS, is_good, rationale=before.assessment.rationale if before else "")


def comment(turn: Turn, user: User, text: str) -> None:
    """Say why, on a thumb that was given; without one there is nothing to comment. Raises: NotFinished."""
    before = said_before(turn, user).filter(name=THUMBS).first()
    if before is not None:
        say(turn, user, THUMBS, before.assessment.value, rationale=text)


def better_answer(turn: Turn, user: User, text: str) -> None:
    """Write what the answer should have been; the answer itself, or nothing, takes it back. Raises: NotFinished."""
    if text.strip() and text != turn.text:
        say(turn, user, EXPECTED_RESPONSE, text, kind=Kind.EXPECTATION)
    else:
        take_back(turn, user, EXPECTED_RESPONSE)


@transaction.atomic
def judge(about: About, user: User, form: JudgingForm) -> None:
    """Save what a form says and is right; what is wrong in it is left as it was. Raises: NotFinished."""
    if isinstance(about, Turn):
        if form.thumb in THUMBS_SENT:
            thumb(about, user, THUMBS_SENT[form.thumb])
        if form.comment is not None and not form.comment_errors:
            comment(about, user, form.comment.strip())
    answer(about, user, form.questionnaire)


def answer(about: About, user: User, questionnaire: Questionnaire) -> None:
    """Say what changed in a checked questionnaire that was sent; what is wrong in it is left as it was.

    A question that was not on the page is left too, and an answer to an earlier version stays as it was
    given until the person changes it. Raises: NotFinished.
    """
    before = {each.name: each for each in said_before(about, user)}
    given = {each.version.schema_id: each for each in questionnaire.answers()}
    for field in questionnaire.fields:
        name = field.schema.assessment_name
        old, new = before.get(name), given.get(field.schema.pk)
        if field.errors or field.seen_version is None or (old and stays(old, new, field)):
            continue
        if new is not None:
            metadata = {"reviewapp.evidence": json.dumps(new.evidence, ensure_ascii=False)} if new.evidence else {}
            say(about, user, name, new.value, kind=field.schema.type, rationale=new.rationale, version=new.version,
                metadata=metadata)  # fmt: skip
        elif old is not None:
            take_back(about, user, name)


def stays(old: Judgement, new: GivenAnswer | None, field: QuestionField) -> bool:
    """Whether an answer to an earlier version is left as it is."""
    if old.version is None or old.version.number == field.version.number:
        return False
    if new is None:  # perhaps because it can't be chosen any more
        return field.is_shown and field.input.raw(old.assessment.value) != choosable(field, old)
    return (new.value, new.rationale) == (old.assessment.value, old.assessment.rationale)


def choosable(field: QuestionField, old: Judgement) -> Sequence[str]:
    """Return what of an old answer the question can still show."""
    raw = field.input.raw(old.assessment.value)
    offered = {option.value for option in field.input.options}
    return [each for each in raw if each in offered] if field.input.options else raw
