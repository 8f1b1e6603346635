"""What the page sends of a judgement, unchecked until asked."""

from __future__ import annotations

from django.http import QueryDict
from django.utils.translation import gettext as _

from chat.models import EndpointQuestion
from labeling.questionnaire import MAX_COMMENT_LENGTH, Questionnaire
from traces.ingest.incoming import clean_text

MAX_BETTER_LENGTH = 200_000  # characters
THUMBS_SENT = {"good": True, "bad": False, "none": None}


def text_in(data: QueryDict, name: str) -> str | None:
    """Return a text, None where the form had no place for it."""
    return clean_text(data.get(name, "")).replace("\r\n", "\n") if name in data else None


class JudgingForm:
    """A thumb, if one was clicked; the comment; the answers. Each may be wrong without harm to the others."""

    def __init__(self, questions: list[EndpointQuestion], data: QueryDict, *, id_prefix: str) -> None:
        self.thumb = data.get("thumb", "")
        self.comment = text_in(data, "comment")
        self.comment_errors: list[str] = []
        self.questionnaire = Questionnaire(questions, data=data, id_prefix=id_prefix)

    def is_valid(self) -> bool:
        if self.comment is not None and len(self.comment) > MAX_COMMENT_LENGTH:
            most = {"n": MAX_COMMENT_LENGTH}
            self.comment_errors.append(_("The comment is too long: the most is %(n)d characters.") % most)
        return self.questionnaire.is_valid(is_final=False) and not self.comment_errors


class BetterForm:
    """The better answer; `withdraw` takes it back."""

    def __init__(self, data: QueryDict) -> None:
        self.better = "" if "withdraw" in data else text_in(data, "better") or ""
        self.errors: list[str] = []

    def is_valid(self) -> bool:
        if len(self.better) > MAX_BETTER_LENGTH:
            self.errors.append(_("This is too long: the most is %(n)d characters.") % {"n": MAX_BETTER_LENGTH})
        return not self.errors
