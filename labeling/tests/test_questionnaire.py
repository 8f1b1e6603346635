from __future__ import annotations

import json

import pytest
from django.http import QueryDict

from labeling.models import LabelSchema, QuestionSpec
from labeling.questionnaire import Questionnaire
from labeling.reviewing import questions_of


@pytest.fixture
def problems(claims) -> LabelSchema:
    options = {"options": ["Made up", "Unsafe"], "multi_select": True}
    return LabelSchema.objects.ask(
        experiment=claims, name="problems", type="feedback", title="What is wrong?", input={"categorical": options}
    )


@pytest.fixture
def questions(session, correct, problems, ideal):
    session.set_questions(
        [
            QuestionSpec(correct, is_required=True),
            QuestionSpec(problems, is_required=True, show_if={"correct": False}),
            QuestionSpec(ideal, show_if={"problems": ["Unsafe"]}),
        ]
    )
    return questions_of(session)


def sent(**fields: str | list[str]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def form(questions, answers: dict[LabelSchema, str | list[str]], **more: str) -> Questionnaire:
    return Questionnaire(questions, data=sent(**{f"answer-{each.pk}": raw for each, raw in answers.items()}, **more))


def test_required_question_is_asked_for(questions):
    questionnaire = form(questions, {})

    assert not questionnaire.is_valid()
    assert [field.errors for field in questionnaire.errors] == [["This one is needed."]]


def test_question_whose_condition_fails_is_neither_needed_nor_recorded(questions, correct, problems):
    questionnaire = form(questions, {correct: "true", problems: ["Made up"]})

    assert questionnaire.is_valid()
    assert [answer.question.schema for answer in questionnaire.answers()] == [correct]


def test_condition_on_a_list_holds_for_any_of_it_and_chains(questions, correct, problems, ideal):
    questionnaire = form(questions, {correct: "false", problems: ["Made up", "Unsafe"], ideal: "Better."})

    assert questionnaire.is_valid()
    assert [answer.value for answer in questionnaire.answers()] == [False, ["Made up", "Unsafe"], "Better."]

    chained = form(questions, {correct: "true", problems: ["Unsafe"], ideal: "Better."})
    assert [field.is_shown for field in chained.fields] == [True, False, False]


def test_question_changed_meanwhile_is_said_and_the_answer_kept(questions, session, correct):
    correct.revise(title="Is it correct and complete?")
    questionnaire = form(questions_of(session), {correct: "true"}, **{f"version-{correct.pk}": "1"})

    assert not questionnaire.is_valid()
    assert "was changed while you were answering" in questionnaire.fields[0].errors[0]
    assert questionnaire.fields[0].raw == ["true"]


def test_wrong_input_is_kept_in_the_draft_as_it_was_typed(questions, correct, problems):
    questionnaire = form(questions, {correct: "false", problems: ["Gone"]}, **{f"comment-{correct.pk}": "Because."})

    assert not questionnaire.is_valid()
    draft = questionnaire.draft()
    assert (draft[problems.pk]["value"], draft[correct.pk]["comment"]) == (["Gone"], "Because.")
    again = Questionnaire(questions, draft=json.loads(json.dumps(draft)))
    assert [field.raw for field in again.fields] == [["false"], ["Gone"], []]


@pytest.mark.parametrize("evidence", ["{", "{}", "[1]", '[{"quote": 3}]', json.dumps([{"quote": "q"}] * 21)])
def test_evidence_that_is_none_is_refused_in_words(questions, correct, evidence):
    questionnaire = form(questions, {correct: "true"}, **{f"evidence-{correct.pk}": evidence})

    assert not questionnaire.is_valid()
    assert "A quote could not be kept" in questionnaire.fields[0].errors[0]


def test_evidence_keeps_what_is_known_and_drops_the_rest(questions, correct):
    evidence = json.dumps([{"quote": "EUR 250", "span_id": "ab" * 8, "start": 3, "end": "x", "evil": "<script>"}])
    questionnaire = form(questions, {correct: "true"}, **{f"evidence-{correct.pk}": evidence})

    assert questionnaire.is_valid()
    assert questionnaire.answers()[0].evidence == [{"quote": "EUR 250", "span_id": "ab" * 8, "start": 3}]


def test_blank_questions_are_drawn_anew_once_one_is_revised(session, questions, correct):
    before = Questionnaire(questions).blank_key
    assert Questionnaire(questions_of(session)).blank_key == before

    correct.revise(title="Is it right?")

    assert Questionnaire(questions_of(session)).blank_key != before


@pytest.mark.parametrize("kept", [{"value": ["true"]}, {"comment": "Because."}, {"evidence": [{"quote": "six"}]}])
def test_questions_with_an_answer_are_drawn_for_whoever_gave_it(questions, correct, kept):
    assert Questionnaire(questions, draft={correct.pk: kept}).blank_key == ""
