"""Questions as a form: what the expert sees, sends and is told.

The fields of a question are called after its schema: `answer-<schema id>` (as often as there
are values), `comment-…`, `evidence-…` (JSON) and `version-…`, the version that was on the screen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from labeling.answers import AskedQuestion, GivenAnswer
from labeling.inputs import Input, input_of
from labeling.models import LabelSchema, LabelSchemaVersion
from traces.ingest.incoming import clean_json, clean_text

MAX_COMMENT_LENGTH = 10_000  # characters
MAX_QUOTES = 20  # of one answer
MAX_QUOTE_LENGTH = 2_000  # characters
QUOTE_KEYS = {"span_id": str, "field": str, "quote": str, "start": int, "end": int}


@dataclass
class QuestionField:
    """One question on the page, with what was typed, right or wrong."""

    number: int
    question: AskedQuestion
    input: Input
    id_prefix: str = ""  # where the same question stands on a page more than once
    raw: list[str] = field(default_factory=list)
    comment: str = ""
    evidence: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seen_version: int | None = None
    value: Any = None
    is_shown: bool = True
    condition: Condition | None = None

    @property
    def schema(self) -> LabelSchema:
        return self.question.schema

    @property
    def html_id(self) -> str:
        """What the ids of its elements end in."""
        return f"{self.id_prefix}{self.schema.pk}"

    @property
    def version(self) -> LabelSchemaVersion:
        return version_of(self.question)

    @property
    def starts_from_answer(self) -> bool:
        """Whether "the ideal answer" is asked: writing it may start from the one given."""
        return self.input.kind == "text" and self.schema.type == "expectation"

    @property
    def evidence_json(self) -> str:
        return json.dumps(self.evidence) if self.evidence else ""

    def read(self, data: QueryDict) -> None:
        """Take over what a form sent, unchecked."""
        key = self.schema.pk
        self.raw = [clean_text(typed) for typed in data.getlist(f"answer-{key}")]
        self.comment = clean_text(data.get(f"comment-{key}", "")).replace("\r\n", "\n").strip()
        seen = data.get(f"version-{key}", "")
        self.seen_version = int(seen) if seen.isdecimal() and len(seen) < 9 else None
        try:
            self.evidence = quotes_of(data.get(f"evidence-{key}", ""))
        except ValueError:
            self.errors.append(_("A quote could not be kept. Mark the words again."))

    def check(self, *, is_final: bool = True) -> None:
        """Set `value`, and say in `errors` what is wrong; that an answer is still needed only if it is final."""
        try:
            self.value = self.input.clean(self.raw)
        except ValidationError as error:
            self.errors.extend(error.messages)
        if self.seen_version != self.version.number and self.seen_version is not None:
            self.errors.append(_("This question was changed while you were answering. Read it again, then submit."))
        if len(self.comment) > MAX_COMMENT_LENGTH:
            self.errors.append(_("The comment is too long: the most is %(n)d characters.") % {"n": MAX_COMMENT_LENGTH})
        if is_final and self.question.is_required and self.value is None and not self.errors:
            self.errors.append(_("This one is needed."))

    def draft(self) -> dict[str, Any]:
        return {
            "value": self.raw,
            "comment": self.comment,
            "evidence": self.evidence,
            "version": self.seen_version or self.version.number,
        }


@dataclass(frozen=True)
class Condition:
    """Another question and the answers to it, as a form sends them, that bring this one up."""

    field: QuestionField
    values: list[str]

    @property
    def holds(self) -> bool:
        return self.field.is_shown and bool(set(self.values) & set(self.field.raw))

    @property
    def values_json(self) -> str:
        return json.dumps(self.values)

    @property
    def words(self) -> str:
        labels = {option.value: option.label for option in self.field.input.options}
        return ", ".join(labels.get(value, value) for value in self.values)


class Questionnaire:
    """Questions in order, filled from a form, a draft, or given answers."""

    def __init__(
        self,
        questions: Sequence[AskedQuestion],
        *,
        data: QueryDict | None = None,
        draft: Mapping[str, Any] | None = None,
        id_prefix: str = "",
    ) -> None:
        self.questions = list(questions)
        self.fields = [
            QuestionField(number, question, input_of(version_of(question).input), id_prefix)
            for number, question in enumerate(questions, start=1)
        ]
        self.is_bound = data is not None
        for each in self.fields:
            if data is not None:
                each.read(data)
            elif draft:
                fill(each, draft.get(each.schema.pk))
        self.connect()

    def connect(self) -> None:
        """Tell each question whether the answers so far bring it up."""
        by_name = {each.schema.name: each for each in self.fields}
        for each in self.fields:
            for name, wanted in each.question.show_if.items():
                other = by_name.get(name)
                if other is not None and other.number < each.number:
                    each.condition = Condition(other, raw_values(other.input, wanted))
                    each.is_shown = each.condition.holds

    def is_valid(self, *, is_final: bool = True) -> bool:
        for each in self.shown():
            each.check(is_final=is_final)
        return not any(each.errors for each in self.shown())

    def shown(self) -> list[QuestionField]:
        return [each for each in self.fields if each.is_shown]

    def answers(self) -> list[GivenAnswer]:
        """What is to be recorded: questions that are shown and were answered or commented."""
        return [
            GivenAnswer(each.question, each.version, each.value, each.comment, each.evidence)
            for each in self.shown()
            if each.value is not None or each.comment or each.evidence
        ]

    def draft(self) -> dict[str, Any]:
        return {each.schema.pk: each.draft() for each in self.fields if any(each.raw) or each.comment or each.evidence}

    @property
    def errors(self) -> list[QuestionField]:
        return [each for each in self.fields if each.errors and each.is_shown]

    @property
    def blank_key(self) -> str:
        """What the drawing of these questions depends on while nothing is answered; empty once something is."""
        if any(any(each.raw) or each.comment or each.evidence or each.errors for each in self.fields):
            return ""
        asked = [(q.schema_id, version_of(q).number, q.is_required, q.show_if) for q in self.questions]
        return f"{get_language()} {asked}"

    @property
    def has_ideal(self) -> bool:
        return any(each.starts_from_answer for each in self.fields)

    @property
    def is_single_choice(self) -> bool:
        """Whether one key answers and submits: a lone pass/fail that asks for no comment."""
        return len(self.fields) == 1 and self.fields[0].input.kind == "pass_fail"


def version_of(question: AskedQuestion) -> LabelSchemaVersion:
    """Return the version that is asked now; a question is never without one."""
    version = question.schema.current
    if version is None:
        raise LookupError(f"question {question.schema_id} has no version")
    return version


def fill(target: QuestionField, kept: Any) -> None:
    if isinstance(kept, dict):
        target.raw = [str(each) for each in kept.get("value") or []]
        target.comment = str(kept.get("comment") or "")
        target.evidence = list(kept.get("evidence") or [])
        target.seen_version = kept.get("version")


def raw_values(input: Input, wanted: Any) -> list[str]:
    """Return the form values of one wanted answer, or of any of a list of them."""
    return [raw for value in (wanted if isinstance(wanted, list) else [wanted]) for raw in input.raw(value)]


def quotes_of(text: str) -> list[dict[str, Any]]:
    """Return the quotes in a form's JSON, with the keys we know and nothing else.

    Raises: ValueError.
    """
    if not text:
        return []
    try:
        quotes = clean_json(json.loads(text))  # marking may halve an emoji, which no database keeps
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(quotes, list) or len(quotes) > MAX_QUOTES:
        raise ValueError("not a list of a few quotes")
    kept = []
    for quote in quotes:
        if not isinstance(quote, dict) or not isinstance(quote.get("quote"), str):
            raise ValueError("not a quote")
        known = {key: quote[key] for key, kind in QUOTE_KEYS.items() if isinstance(quote.get(key), kind)}
        kept.append({**known, "quote": quote["quote"][:MAX_QUOTE_LENGTH]})
    return kept
