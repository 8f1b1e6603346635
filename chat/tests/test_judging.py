"""chat.judging: the verbs"""

from __future__ import annotations

import pytest
from django.http import QueryDict

from chat import judging
from chat.models import Judgement, Turn
from chat.models.judgements import THUMBS
from labeling.questionnaire import Questionnaire
from traces import announcing
from traces.models import Assessment

pytestmark = pytest.mark.django_db


@pytest.fixture
def turn(make_turn) -> Turn:
    return make_turn()


def valid(**lookup) -> list[Assessment]:
    return list(Assessment.objects.valid().filter(**lookup))


def ask_again(turn: Turn, **answers: str | list[str]) -> Questionnaire:
    """The endpoint's questions as a page sends them: `name=value` each, `name_why=comment`."""
    questions = list(turn.conversation.endpoint.questions.select_related("schema__current"))
    data = QueryDict(mutable=True)
    for question in questions:
        schema = question.schema
        data[f"version-{schema.pk}"] = str(schema.current.number)
        given = answers.get(schema.name, [])
        data.setlist(f"answer-{schema.pk}", given if isinstance(given, list) else [given])
        data[f"comment-{schema.pk}"] = answers.get(f"{schema.name}_why", "")
    questionnaire = Questionnaire(questions, data=data)
    questionnaire.is_valid(is_final=False)
    return questionnaire


def test_a_thumb_is_an_assessment_on_the_record_of_the_turn(turn, alice):
    judging.thumb(turn, alice, True)

    judgement = Judgement.objects.get()
    said = judgement.assessment
    turn.refresh_from_db()
    assert (said.name, said.value, said.kind, said.source_id) == (THUMBS, True, "feedback", alice.email)
    assert (said.trace_id, said.source_type) == (turn.trace_id, "HUMAN")
    assert said.metadata["reviewapp.turn"] == str(turn.pk)
    assert judgement.turn == turn


def test_a_changed_mind_overrides_and_keeps_the_comment(turn, alice):
    judging.thumb(turn, alice, True)
    judging.comment(turn, alice, "Clear.")
    judging.thumb(turn, alice, False)

    chain = [(each.value, each.rationale, each.valid) for each in Assessment.objects.order_by("created_at")]
    assert chain == [(True, "", False), (True, "Clear.", False), (False, "Clear.", True)]
    last = Judgement.objects.get().assessment
    assert last.overrides.overrides.overrides is None


def test_the_same_again_says_nothing_new(turn, alice):
    for _ in range(2):
        judging.thumb(turn, alice, True)
        judging.comment(turn, alice, "Clear.")

    assert Assessment.objects.count() == 2


def test_a_thumb_taken_back_is_not_valid_any_more_and_stays(turn, alice):
    judging.thumb(turn, alice, True)
    judging.thumb(turn, alice, None)
    judging.thumb(turn, alice, None)

    assert [each.valid for each in Assessment.objects.all()] == [False]
    assert not Judgement.objects.exists()
    judging.thumb(turn, alice, False)
    assert [each.value for each in valid()] == [False]


def test_a_comment_without_a_thumb_says_nothing(turn, alice):
    judging.comment(turn, alice, "Hm.")

    assert not Assessment.objects.exists()


def test_a_better_answer_is_an_expectation_and_the_answer_itself_takes_it_back(turn, alice):
    judging.better_answer(turn, alice, "No, you are not.")
    (said,) = valid()
    assert (said.name, said.kind, said.value) == ("expected_response", "expectation", "No, you are not.")

    judging.better_answer(turn, alice, turn.text)
    assert valid() == []


def test_people_do_not_overwrite_each_other(turn, alice, bob):
    judging.thumb(turn, alice, True)
    judging.thumb(turn, bob, False)

    assert {(each.source_id, each.value) for each in valid()} == {(alice.email, True), (bob.email, False)}


def test_a_running_turn_and_an_empty_conversation_can_not_be_judged(make_turn, conversation, alice):
    with pytest.raises(judging.NotFinished):
        judging.say(conversation, alice, "helpful", True)
    running = make_turn(state="running", ended_at=None)
    with pytest.raises(judging.NotFinished):
        judging.thumb(running, alice, True)


def test_what_is_said_of_a_conversation_stands_on_its_first_trace_as_mlflow_has_it(make_turn, conversation, alice):
    first, _second = make_turn("One"), make_turn("Two")
    judging.say(conversation, alice, "helpful", True)
    judging.say(conversation, alice, "helpful", False)

    (said,) = valid()
    first.refresh_from_db()
    assert (said.trace_id, said.value) == (first.trace_id, False)
    assert said.metadata["mlflow.trace.session"] == str(conversation.pk)
    assert Judgement.objects.get().turn is None


def test_answers_are_saved_in_part_and_hidden_ones_taken_back(turn, questions, alice):
    judging.answer(turn, alice, ask_again(turn, correct="false", problem="Made up", problem_why="No such clause."))
    assert {(each.name, each.value, each.rationale) for each in valid()} == {
        ("correct", False, ""),
        ("problem", "Made up", "No such clause."),
    }
    judging.answer(turn, alice, ask_again(turn, correct="true", problem="Made up"))
    assert [(each.name, each.value) for each in valid()] == [("correct", True)]
    assert Assessment.objects.filter(name="correct").count() == 2


def test_what_is_wrong_is_left_as_it_was_and_the_rest_is_saved(turn, questions, alice):
    judging.answer(turn, alice, ask_again(turn, correct="false", problem="Made up"))
    judging.answer(turn, alice, ask_again(turn, correct="false", problem="Nonsense", note="Kept."))

    assert {(each.name, each.value) for each in valid()} == {
        ("correct", False),
        ("problem", "Made up"),
        ("note", "Kept."),
    }


def test_a_question_that_was_not_on_the_page_is_left(turn, questions, alice):
    judging.answer(turn, alice, ask_again(turn, correct="true"))
    nothing = Questionnaire([*turn.conversation.endpoint.questions.all()], data=QueryDict())
    nothing.is_valid(is_final=False)
    judging.answer(turn, alice, nothing)

    assert [each.name for each in valid()] == ["correct"]


def test_an_answer_to_an_earlier_version_stays_until_it_is_changed(turn, questions, alice):
    judging.answer(turn, alice, ask_again(turn, correct="false", problem="Made up"))
    questions["correct"].revise(title="Is it right?")
    options = {"categorical": {"options": ["Unsafe", "Other"]}}
    questions["problem"].revise(input=options)

    judging.answer(turn, alice, ask_again(turn, correct="false", note="Later."))  # “Made up” can't be chosen now
    versions = dict(Judgement.objects.exclude(name="note").values_list("name", "version__number"))
    assert versions == {"correct": 1, "problem": 1}

    judging.answer(turn, alice, ask_again(turn, correct="false", problem="Unsafe"))
    problem = Judgement.objects.get(name="problem")
    assert (problem.version.number, problem.assessment.value) == (2, "Unsafe")
    assert problem.assessment.overrides.value == "Made up"


def test_listeners_hear_of_all_that_is_said_and_taken_back(turn, alice, monkeypatch):
    heard: list[str] = []
    monkeypatch.setattr(announcing, "ASSESSED_LISTENERS", [heard.extend])
    judging.thumb(turn, alice, True)
    first = Judgement.objects.get().assessment_id
    judging.thumb(turn, alice, False)
    second = Judgement.objects.get().assessment_id
    judging.thumb(turn, alice, None)

    assert heard == [first, first, second, second]
