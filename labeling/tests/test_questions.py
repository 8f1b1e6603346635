"""The library of questions: asking, revising, and the built-in ones."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from labeling.builtin import offer
from labeling.inputs import input_of
from labeling.models import LabelSchema, LabelSchemaVersion


def asking(claims, **changed) -> LabelSchema:
    words = {
        "name": "tone",
        "type": "feedback",
        "title": "Tone?",
        "input": {"categorical": {"options": ["good", "bad"]}},
    }
    return LabelSchema.objects.ask(experiment=claims, **{**words, **changed})


def test_a_question_has_its_first_version(claims, mallory):
    schema = asking(claims, instruction="Read it aloud.", judge_name="tone_judge", by=mallory)
    assert schema.current == schema.versions.get()
    assert (schema.current.number, schema.current.instruction) == (1, "Read it aloud.")
    assert (schema.created_by, schema.assessment_name) == (mallory, "tone_judge")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 251}, "name"),
        ({"type": "opinion"}, "type"),
        ({"title": ""}, "title"),
        ({"instruction": "x" * 1001}, "instruction"),
        ({"input": {"stars": {}}}, "input"),
        ({"input": {}}, "input"),
    ],
)
def test_a_question_that_can_not_be_asked_is_refused(claims, changed, field):
    with pytest.raises(ValidationError) as refusal:
        asking(claims, **changed)
    assert field in refusal.value.message_dict
    assert not LabelSchema.objects.exists()


def test_a_name_is_taken_once_in_an_experiment(claims):
    asking(claims)
    with pytest.raises(ValidationError):
        asking(claims)
    assert LabelSchemaVersion.objects.count() == 1


def test_new_words_are_a_new_version_and_the_old_stays(claims):
    schema = asking(claims)
    assert schema.revise(title="How is the tone?").number == 2
    schema.refresh_from_db()
    assert schema.current.title == "How is the tone?"
    assert [version.title for version in schema.versions.all()] == ["Tone?", "How is the tone?"]


def test_the_same_words_are_no_new_version(claims):
    schema = asking(claims)
    assert schema.revise(title="Tone?", input={"categorical": {"options": ["good", "bad"]}}) == schema.current
    assert schema.versions.count() == 1


def test_options_can_change_but_not_the_kind_of_answer(claims):
    schema = asking(claims)
    assert schema.revise(input={"categorical": {"options": ["good", "bad", "ugly"]}}).number == 2
    for other in ({"text": {}}, {"categorical": {"options": ["good"], "multi_select": True}}):
        with pytest.raises(ValidationError):
            schema.revise(input=other)
    assert schema.versions.count() == 2


def test_the_built_in_questions_are_mlflows(claims):
    facts, guidelines, response = offer(claims)
    assert [schema.name for schema in (facts, guidelines, response)] == [
        "expected_facts",
        "guidelines",
        "expected_response",
    ]
    assert {schema.type for schema in (facts, guidelines, response)} == {"expectation"}
    assert [input_of(schema.current.input).kind for schema in (facts, guidelines, response)] == [
        "text_list",
        "text_list",
        "text",
    ]
    assert facts.current.input["text_list"]["max_length_each"] == 1000


def test_the_built_in_questions_are_made_once_and_keep_their_words(claims):
    offer(claims)[0].revise(title="What must it say?")
    assert offer(claims)[0].current.title == "What must it say?"
    assert LabelSchema.objects.count() == 3
