"""Questions without answers, from a text, a table or JSON lines. What can't be read is told by its line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chat.turns import MAX_MESSAGE_LENGTH
from traces.ingest.incoming import TooDeep, clean_json, clean_text

MOST = 2_000  # questions of one batch
MAX_CHARACTERS = 2_000_000  # of the whole text
MAX_FAULTS = 100  # told of one text
QUESTION_KEYS = ("question", "query", "input", "prompt", "request", "message", "text")


class Format(TextChoices):
    LINES = "lines", gettext_lazy("One question per line")
    CSV = "csv", gettext_lazy("CSV")
    JSONL = "jsonl", gettext_lazy("JSON lines")


ENDINGS = {"txt": Format.LINES, "csv": Format.CSV, "jsonl": Format.JSONL, "ndjson": Format.JSONL, "json": Format.JSONL}


@dataclass(frozen=True, slots=True)
class Question:
    """`messages` are [{role, content}], the last one the user's."""

    line: int
    messages: list[dict[str, str]]
    expectations: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.messages[-1]["content"]

    @property
    def n_before(self) -> int:
        return len(self.messages) - 1


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    questions: list[Question]
    faults: list[Fault]
    column: str = ""  # of a table: where the questions stand

    @property
    def n(self) -> int:
        return len(self.questions)


class Unreadable(Exception):
    """A line that makes no question; its message is for people."""


def format_of(file_name: str) -> Format:
    return ENDINGS.get(file_name.rpartition(".")[2].lower(), Format.LINES)


def read(text: str, form: str) -> Reading:
    """Return the questions, at most MOST, and what could not be read, at most MAX_FAULTS."""
    questions: list[Question] = []
    faults: list[Fault] = []
    column = ""
    if form == Format.CSV:
        column, rows = table_of(text)
    else:
        rows = lines_of(text, is_json=form == Format.JSONL)
    for line, made in rows:
        if isinstance(made, Unreadable):
            faults.append(Fault(line, str(made)))
        elif len(questions) == MOST:
            faults.append(Fault(line, too_many()))
            break
        else:
            questions.append(Question(line, *made))
        if len(faults) == MAX_FAULTS:
            break
    return Reading(questions, faults, column)


Made = tuple[list[dict[str, str]], dict[str, Any]] | Unreadable


def too_many() -> str:
    words = ngettext("Only %(most)d question is taken at once.", "Only %(most)d questions are taken at once.", MOST)
    return words % {"most": MOST}


def lines_of(text: str, *, is_json: bool) -> Iterator[tuple[int, Made]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, record_of(line) if is_json else question_of(line)


def table_of(text: str) -> tuple[str, Iterator[tuple[int, Made]]]:
    """Return the column of the questions, and the rows. The first line names the columns."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        names = [name.strip().lstrip("\ufeff") for name in next(reader)]
    except (csv.Error, StopIteration):
        return "", iter(())
    lower = [name.lower() for name in names]
    place = lower.index("question") if "question" in lower else 0
    return names[place] if names else "", rows_of(reader, names, place)


def delimiter_of(text: str) -> str:
    """Spreadsheets of half of Europe write semicolons."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def rows_of(reader: Any, names: list[str], place: int) -> Iterator[tuple[int, Made]]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Unreadable(_("This line is no CSV: %(why)s") % {"why": error})
            continue
        if any(cell.strip() for cell in cells):
            yield line, row_of(dict(zip(names, cells, strict=False)), cells[place] if place < len(cells) else "")


def row_of(cells: dict[str, str], question: str) -> Made:
    made = question_of(question)
    if isinstance(made, Unreadable):
        return made
    expected = {name: cell for name, cell in cells.items() if name.startswith("expected_") and cell.strip()}
    return made[0], expected


def question_of(text: str) -> Made:
    try:
        return [{"role": "user", "content": checked(text)}], {}
    except Unreadable as error:
        return error


def record_of(line: str) -> Made:
    """Read {question | messages | inputs, expectations?}."""
    try:
        record = clean_json(json.loads(line))
    except (ValueError, RecursionError, TooDeep):
        return Unreadable(_("This line is no JSON."))
    try:
        if not isinstance(record, dict):
            raise Unreadable(_("This line is no JSON object."))
        expectations = record.get("expectations") or {}
        if not isinstance(expectations, dict) or any(len(name) > 250 for name in expectations):
            raise Unreadable(_("“expectations” must be an object of names and values."))
        return messages_of(record), expectations
    except Unreadable as error:
        return error


def messages_of(record: dict[str, Any]) -> list[dict[str, str]]:
    """Return the messages of a record or of its inputs. Raises: Unreadable."""
    inputs = record.get("inputs")
    source = inputs if isinstance(inputs, dict) else record
    if isinstance(inputs, str):
        return [{"role": "user", "content": checked(inputs)}]
    if isinstance(source.get("messages"), list):
        return talk_of(source["messages"])
    texts = [source[key] for key in QUESTION_KEYS if isinstance(source.get(key), str)]
    if not texts:
        raise Unreadable(_("There is no “question”, “messages” or “inputs” in it."))
    return [{"role": "user", "content": checked(texts[0])}]


def talk_of(messages: list[Any]) -> list[dict[str, str]]:
    """Return user's and assistant's messages by turns; a system's is the endpoint's own matter, and left out."""
    kept = [each for each in messages if not (isinstance(each, dict) and each.get("role") in ("system", "developer"))]
    for number, each in enumerate(kept):
        expected = "assistant" if number % 2 else "user"
        if not isinstance(each, dict) or each.get("role") != expected or not isinstance(each.get("content"), str):
            raise Unreadable(_("Its messages must be texts of user and assistant by turns."))
    if len(kept) % 2 == 0:
        raise Unreadable(_("Its last message must be the user's."))
    return [{"role": each["role"], "content": checked(each["content"])} for each in kept]


def checked(text: str) -> str:
    """Return the text without the space around it. Raises: Unreadable."""
    text = clean_text(text.strip().lstrip("\ufeff"))
    if not text:
        raise Unreadable(_("There is no question in it."))
    if len(text) > MAX_MESSAGE_LENGTH:
        raise Unreadable(_("It is longer than %(most)d characters.") % {"most": MAX_MESSAGE_LENGTH})
    return text
