"""When a question is asked: always, or only for certain answers to an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from labeling.answers import AskedQuestion
from labeling.inputs import Input, Option, input_of
from labeling.models import LabelSchema, QuestionSpec


@dataclass(frozen=True)
class Trigger:
    """An earlier question that has answers to choose from, as the editor offers it."""

    name: str  # of the schema
    title: str
    options: list[Option]
    chosen: list[str]  # raw values


def triggers_for(question: AskedQuestion, questions: Iterable[AskedQuestion]) -> list[Trigger]:
    """Return what `question` can depend on: the questions above it with answers to choose from."""
    found = []
    for other in questions:
        if other.position >= question.position or other.schema.current is None:
            continue
        input = input_of(other.schema.current.input)
        if input.options:
            chosen = raw_values(input, question.show_if.get(other.schema.name))
            found.append(Trigger(other.schema.name, other.schema.current.title, input.options, chosen))
    return found


def condition_from(schema: LabelSchema, raw: Sequence[str]) -> dict[str, Any]:
    """Return the condition that the answers `raw` to `schema` bring a question up; {} for none."""
    if schema.current is None:
        return {}
    input = input_of(schema.current.input)
    offered = {option.value for option in input.options}
    values = [value_of(input, each) for each in raw if each in offered]
    return {schema.name: values[0] if len(values) == 1 else values} if values else {}


def without_broken_conditions(specs: Sequence[QuestionSpec]) -> list[QuestionSpec]:
    """Return the questions in order; a condition on one that does not come before is dropped."""
    kept: list[QuestionSpec] = []
    for spec in specs:
        above = {each.schema.name for each in kept}
        whole = all(name in above for name in spec.show_if)
        kept.append(spec if whole else QuestionSpec(spec.schema, spec.is_required, {}))
    return kept


def in_words(show_if: Mapping[str, Any], questions: Iterable[AskedQuestion]) -> str:
    """Return “only if “Is it correct?” is Incorrect”; "" for no condition."""
    for other in questions:
        if other.schema.name in show_if and other.schema.current is not None:
            input = input_of(other.schema.current.input)
            labels = {option.value: option.label for option in input.options}
            raw = raw_values(input, show_if[other.schema.name])
            answers = _(" or ").join(f"“{labels.get(each, each)}”" for each in raw)
            return _("only if “%(title)s” is %(answers)s") % {"title": other.schema.current.title, "answers": answers}
    return ""


def raw_values(input: Input, wanted: Any) -> list[str]:
    return [raw for value in (wanted if isinstance(wanted, list) else [wanted]) for raw in input.raw(value)]


def value_of(input: Input, raw: str) -> Any:
    """Return one answer as assessments keep it; of a choice of several, the one alone."""
    value = input.clean([raw])
    return value[0] if isinstance(value, list) else value
