"""Set-up, part 2: which questions, in which order, and when each is asked."""

from __future__ import annotations

import pytest
from django.test import Client

from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from traces.models import Experiment

HTMX = {"HX-Request": "true"}


@pytest.fixture
def problems(claims) -> LabelSchema:
    options = ["Invented", "Outdated", "Unsafe"]
    return LabelSchema.objects.ask(
        experiment=claims,
        name="problems",
        type="feedback",
        title="What is wrong?",
        input={"categorical": {"options": options, "multi_select": True}},
    )


@pytest.fixture
def draft(make_session, alice, correct, problems, ideal) -> LabelingSession:
    """Asks correct, problems, ideal, in this order."""
    session = make_session(alice, is_open=False)
    session.set_questions([QuestionSpec(correct), QuestionSpec(problems), QuestionSpec(ideal)])
    return session


@pytest.fixture
def manager(mallory, client_of) -> Client:
    return client_of(mallory)


def url_of(session: LabelingSession, rest: str = "") -> str:
    return f"/labeling/sessions/{session.pk}/setup/questions/{rest}"


def back_at(session: LabelingSession) -> str:
    return f"/labeling/sessions/{session.pk}/setup/#part-questions"


def order_in(session: LabelingSession) -> list[str]:
    return [question.schema.name for question in session.questions.all()]


def test_question_of_the_library_is_added_last(draft, claims, manager):
    tone = LabelSchema.objects.ask(
        experiment=claims, name="tone", type="feedback", title="Is it polite?", input={"rating": {"min": 1, "max": 5}}
    )
    assert "Is it polite?" in manager.get(url_of(draft), headers=HTMX).text
    answer = manager.post(url_of(draft, "add/"), {"schema": tone.pk})
    assert answer.url == back_at(draft)
    assert order_in(draft) == ["correct", "problems", "expected_response", "tone"]
    manager.post(url_of(draft, "add/"), {"schema": tone.pk})
    assert len(order_in(draft)) == 4


def test_question_of_another_experiment_comes_as_a_copy(draft, manager):
    tax = Experiment.objects.create(name="tax")
    far = LabelSchema.objects.ask(
        experiment=tax, name="cites", type="feedback", title="Does it cite the law?", input={"pass_fail": {}}
    )
    assert "from tax" in manager.get(url_of(draft), headers=HTMX).text
    manager.post(url_of(draft, "add/"), {"schema": far.pk})
    copy = draft.questions.last().schema
    assert (copy.name, copy.experiment, copy.current.title) == ("cites", draft.experiment, "Does it cite the law?")
    assert copy != far


def test_ready_made_question_is_added(draft, manager):
    answer = manager.post(url_of(draft, "add/"), {"built_in": "expected_facts"}, headers=HTMX)
    assert order_in(draft)[-1] == "expected_facts"
    assert draft.questions.last().schema.type == "expectation"
    assert answer.text.strip().startswith('<section class="part" id="part-questions"')
    assert "session:changed" in answer.headers["HX-Trigger"]


def test_unknown_question_is_not_added(draft, manager):
    assert manager.post(url_of(draft, "add/"), {"schema": "ls-none"}).status_code == 404


def test_question_is_moved_by_plain_buttons(draft, problems, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    client.get(f"/labeling/sessions/{draft.pk}/setup/")
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    for direction, expected in [
        ("up", ["problems", "correct", "expected_response"]),
        ("up", ["problems", "correct", "expected_response"]),  # it is the first already
        ("down", ["correct", "problems", "expected_response"]),
        ("down", ["correct", "expected_response", "problems"]),
        ("down", ["correct", "expected_response", "problems"]),
    ]:
        answer = client.post(url_of(draft, f"{problems.pk}/move/"), {"direction": direction, **token})
        assert answer.url == back_at(draft)
        assert order_in(draft) == expected


def test_question_that_is_not_asked_cannot_be_moved(draft, claims, manager):
    other = LabelSchema.objects.ask(
        experiment=claims, name="other", type="feedback", title="?", input={"pass_fail": {}}
    )
    assert manager.post(url_of(draft, f"{other.pk}/move/"), {"direction": "up"}).status_code == 404


def test_dragged_order_is_kept(draft, correct, problems, ideal, manager):
    manager.post(url_of(draft, "order/"), {"schema": [ideal.pk, correct.pk]}, headers=HTMX)
    assert order_in(draft) == ["expected_response", "correct", "problems"]  # what it does not name comes last


def test_needed_and_condition_are_kept_and_said_in_words(draft, correct, problems, manager):
    data = {"is_required": "on", "when": "correct", "when-correct": "false"}
    answer = manager.post(url_of(draft, f"{problems.pk}/set/"), data, headers=HTMX)
    question = draft.questions.get(schema=problems)
    assert (question.is_required, question.show_if) == (True, {"correct": False})
    assert "needed · only if “Is the answer correct?” is “Incorrect”" in answer.text

    answer = manager.post(url_of(draft, f"{problems.pk}/set/"), {"when": ""})
    assert answer.url == back_at(draft)
    question.refresh_from_db()
    assert (question.is_required, question.show_if) == (False, {})


def test_condition_on_any_of_several_answers(draft, problems, ideal, manager):
    data = {"when": "problems", "when-problems": ["Invented", "Unsafe", "Gone"]}
    answer = manager.post(url_of(draft, f"{ideal.pk}/set/"), data, headers=HTMX)
    assert draft.questions.get(schema=ideal).show_if == {"problems": ["Invented", "Unsafe"]}
    assert "is “Invented” or “Unsafe”" in answer.text


def test_condition_without_an_answer_waits_for_one(draft, correct, ideal, manager):
    manager.post(url_of(draft, f"{ideal.pk}/set/"), {"when": "correct", "when-correct": "true"})
    data = {"is_required": "on", "when": "problems"}
    answer = manager.post(url_of(draft, f"{ideal.pk}/set/"), data, headers=HTMX)
    assert answer.status_code == 422
    assert "Tick at least one answer" in answer.text
    question = draft.questions.get(schema=ideal)
    assert (question.is_required, question.show_if) == (True, {"correct": True})


def test_condition_on_a_question_below_is_not_taken(draft, correct, manager):
    manager.post(url_of(draft, f"{correct.pk}/set/"), {"when": "problems", "when-problems": "Invented"})
    assert draft.questions.get(schema=correct).show_if == {}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_moving_above_what_it_depends_on_frees_a_question_and_says_so(draft, problems, manager, headers):
    manager.post(url_of(draft, f"{problems.pk}/set/"), {"when": "correct", "when-correct": "false"})
    answer = manager.post(
        url_of(draft, f"{problems.pk}/move/"), {"direction": "up"}, headers=headers, follow=not headers
    )
    assert "Asked always from now on" in answer.text
    assert draft.questions.get(schema=problems).show_if == {}


def test_question_is_not_asked_any_more_but_stays_in_the_library(draft, correct, problems, manager):
    manager.post(url_of(draft, f"{problems.pk}/set/"), {"when": "correct", "when-correct": "false"})
    answer = manager.post(url_of(draft, f"{correct.pk}/remove/"), headers=HTMX)
    assert order_in(draft) == ["problems", "expected_response"]
    assert "Asked always from now on" in answer.text
    assert LabelSchema.objects.filter(pk=correct.pk).exists()


WORDS = {"title": "How complete is it?", "type": "feedback"}
KINDS = [
    ({"kind": "pass_fail", "positive_label": "Yes", "negative_label": "No"},
     {"pass_fail": {"positive_label": "Yes", "negative_label": "No"}}),
    ({"kind": "pass_fail"}, {"pass_fail": {"positive_label": "Pass", "negative_label": "Fail"}}),
    ({"kind": "categorical", "multi_select": "on", "option_label": ["A", "", "B"], "option_help": ["", "", "or so"],
      "option_value": ["", "", ""]},
     {"categorical": {"options": ["A", {"value": "B", "label": "B", "help": "or so"}], "multi_select": True}}),
    ({"kind": "rating", "min": "1", "max": "5", "min_label": "Nothing", "max_label": "Everything"},
     {"rating": {"min": 1, "max": 5, "min_label": "Nothing", "max_label": "Everything"}}),
    ({"kind": "numeric", "min_value": "0", "max_value": "99.5"}, {"numeric": {"min_value": 0, "max_value": 99.5}}),
    ({"kind": "text", "max_length": "200"}, {"text": {"max_length": 200}}),
    ({"kind": "text_list", "max_count": "5", "max_length_each": "80"},
     {"text_list": {"max_length_each": 80, "max_count": 5}}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "config"), KINDS)
def test_new_question_of_each_kind(draft, mallory, manager, fields, config):
    answer = manager.post(url_of(draft, "new/"), {**WORDS, **fields})
    assert answer.url == back_at(draft)
    schema = draft.questions.last().schema
    assert schema.current.input == config
    assert (schema.name, schema.type, schema.created_by) == ("how_complete_is_it", "feedback", mallory)


def test_new_question_with_everything(draft, manager):
    data = {
        "title": "The ideal answer?", "type": "expectation", "kind": "text", "instruction": "As it should be sent.",
        "enable_comment": "on", "name": "ideal", "judge_name": "correctness",
    }  # fmt: skip
    manager.post(url_of(draft, "new/"), data, headers=HTMX)
    schema = draft.questions.last().schema
    assert (schema.name, schema.type, schema.assessment_name) == ("ideal", "expectation", "correctness")
    assert (schema.current.instruction, schema.current.enable_comment) == ("As it should be sent.", True)


def test_same_title_twice_gets_another_name(draft, manager):
    for _time in range(2):
        manager.post(url_of(draft, "new/"), {**WORDS, "kind": "text"})
    assert order_in(draft)[-2:] == ["how_complete_is_it", "how_complete_is_it_2"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"title": "", "kind": "text"}, "This field is required."),
        ({"kind": "categorical"}, "A choice needs 1 to"),
        ({"kind": "categorical", "option_value": ["", ""], "option_label": ["A", "A"], "option_help": ["", ""]},
         "Two options are the same."),
        ({"kind": "rating", "min": "5", "max": "1"}, "A rating goes from a number to a higher one"),
        ({"kind": "numeric", "min_value": "9", "max_value": "1"}, "The smallest number has to be below the greatest."),
        ({"kind": "numeric", "min_value": "many"}, "Enter a number."),
        ({"kind": "pass_fail", "positive_label": "Yes", "negative_label": "Yes"}, "two different labels"),
        ({"kind": "video"}, "not one of the available choices"),
        ({"kind": "text", "name": "correct"}, "already"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_wrong_question_is_refused_and_all_of_it_given_back(draft, manager, fields, says, headers):
    data = {**WORDS, "instruction": "Think of the customer.", **fields}
    answer = manager.post(url_of(draft, "new/"), data, headers=headers)
    assert answer.status_code == 422
    assert says in answer.text
    assert "Think of the customer." in answer.text
    assert len(order_in(draft)) == 3


def test_typed_options_come_back_with_a_wrong_question(draft, manager):
    data = {"title": "", "kind": "categorical", "option_value": ["", ""], "option_label": ["Invented", "Outdated"],
            "option_help": ["Not in the sources", ""]}  # fmt: skip
    answer = manager.post(url_of(draft, "new/"), data)
    assert 'value="Invented"' in answer.text
    assert 'value="Not in the sources"' in answer.text


def test_editor_opens_as_a_page_and_as_a_fragment(draft, manager):
    assert "<html" in manager.get(url_of(draft, "new/")).text
    fragment = manager.get(url_of(draft, "new/"), headers=HTMX).text
    assert fragment.strip().startswith('<section class="part" id="part-questions"')
    assert 'name="positive_label"' in fragment


def test_changed_wording_is_a_new_version(draft, correct, manager):
    url = url_of(draft, f"{correct.pk}/edit/")
    assert "This is version 1." in manager.get(url, headers=HTMX).text
    data = {"title": "Is it correct and complete?", "positive_label": "Correct", "negative_label": "Incorrect"}
    answer = manager.post(url, data)
    assert answer.url == back_at(draft)
    correct.refresh_from_db()
    assert (correct.current.number, correct.current.title) == (2, "Is it correct and complete?")
    assert correct.versions.get(number=1).title == "Is the answer correct?"


def test_kind_type_and_name_cannot_be_changed(draft, correct, manager):
    data = {"title": "Is it?", "kind": "text", "type": "expectation", "name": "other"}
    manager.post(url_of(draft, f"{correct.pk}/edit/"), data)
    correct.refresh_from_db()
    assert (correct.name, correct.type, list(correct.current.input)) == ("correct", "feedback", ["pass_fail"])


def test_a_renamed_option_keeps_the_value_that_answers_carry(draft, problems, manager):
    data = {
        "title": "What is wrong?",
        "option_value": ["Invented", "Outdated", ""],
        "option_label": ["Made up", "Outdated", "Rude"],
        "option_help": ["", "", ""],
    }
    manager.post(url_of(draft, f"{problems.pk}/edit/"), data)
    problems.refresh_from_db()
    options = problems.current.input["categorical"]["options"]
    assert options == [{"value": "Invented", "label": "Made up", "help": ""}, "Outdated", "Rude"]


def test_judge_is_bound_without_a_new_version(draft, correct, manager):
    data = {
        "title": "Is the answer correct?", "positive_label": "Correct", "negative_label": "Incorrect",
        "enable_comment": "on", "judge_name": "correctness",
    }  # fmt: skip
    manager.post(url_of(draft, f"{correct.pk}/edit/"), data)
    correct.refresh_from_db()
    assert (correct.current.number, correct.assessment_name) == (1, "correctness")


def test_question_of_another_experiment_is_not_edited_from_here(draft, manager):
    tax = Experiment.objects.create(name="tax")
    far = LabelSchema.objects.ask(experiment=tax, name="cites", type="feedback", title="?", input={"pass_fail": {}})
    assert manager.get(url_of(draft, f"{far.pk}/edit/")).status_code == 404


def test_open_session_takes_another_question(session, manager):
    manager.post(url_of(session, "add/"), {"built_in": "guidelines"})
    assert order_in(session) == ["correct", "expected_response", "guidelines"]
