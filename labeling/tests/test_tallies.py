from __future__ import annotations

import pytest

from labeling import recording
from labeling.models import LabelSchema, QuestionSpec, Review
from labeling.tallies import main_of, number_bars, tallies_of
from labeling.tests.judging import judge


@pytest.fixture
def ask(claims):
    """Return a function: a question of that kind."""

    def make(name: str, **input) -> LabelSchema:
        return LabelSchema.objects.ask(experiment=claims, name=name, type="feedback", title=f"{name}?", input=input)

    return make


@pytest.fixture
def asking(make_session, alice, bob):
    """Return a function: an open session that asks these questions, two people an item."""

    def make(*schemas: LabelSchema):
        session = make_session(alice, bob, items=4, reviews_per_item=2, is_open=False)
        session.set_questions([QuestionSpec(each) for each in schemas])
        session.open()
        return session

    return make


def bars_of(tally) -> list[tuple[str, int, int]]:
    return [(bar.label, bar.n, bar.percent) for bar in tally.bars]


def test_one_of_two_is_counted_and_shows_its_negative_side(asking, ask, alice, bob):
    session = asking(ask("fine", pass_fail={"positive_label": "Fine", "negative_label": "Not"}))
    for says in (True, True, False):
        judge(session, alice, fine=says)
    judge(session, bob, fine=True)

    (tally,) = tallies_of(session)

    assert bars_of(tally) == [("Fine", 3, 75), ("Not", 1, 25)]
    assert tally.main.label == "Not"
    assert tally.main.interval == (5, 70)
    assert (tally.n_shared, tally.n_different) == (1, 0)


def test_several_choices_count_once_each_and_unchosen_ones_show_too(asking, ask, alice):
    session = asking(ask("wrong", categorical={"options": ["Old", "Unsafe", "Rude"], "multi_select": True}))
    judge(session, alice, wrong=["Old", "Unsafe"])
    judge(session, alice, wrong=["Old"])

    (tally,) = tallies_of(session)

    assert bars_of(tally) == [("Old", 2, 100), ("Unsafe", 1, 50), ("Rude", 0, 0)]
    assert tally.main.label == "Old"


def test_an_option_that_is_gone_keeps_its_answers(asking, ask, alice):
    schema = ask("kind", categorical={"options": ["Old", "New"]})
    session = asking(schema)
    judge(session, alice, kind="Old")
    schema.revise(input={"categorical": {"options": ["New"]}})

    (tally,) = tallies_of(session)

    assert bars_of(tally) == [("New", 0, 0), ("Old", 1, 100)]


def test_a_rating_has_a_mean_and_names_its_ends(asking, ask, alice):
    session = asking(ask("stars", rating={"min": 1, "max": 3, "min_label": "Bad", "max_label": "Good"}))
    for stars in (1, 3, 3):
        judge(session, alice, stars=stars)

    (tally,) = tallies_of(session)

    assert bars_of(tally) == [("1 · Bad", 1, 33), ("2", 0, 0), ("3 · Good", 2, 67)]
    assert tally.mean == pytest.approx(7 / 3)
    assert tally.main is None


def test_texts_are_counted_and_the_latest_shown(asking, ask, alice):
    session = asking(ask("better", text={}))
    for n in range(4):
        judge(session, alice, better=f"Text {n}")

    (tally,) = tallies_of(session)

    assert tally.n == 4
    assert [answer.assessment.value for answer in tally.texts] == ["Text 3", "Text 2", "Text 1"]


def test_what_was_changed_or_taken_back_does_not_count(asking, ask, alice):
    session = asking(ask("fine", pass_fail={}))
    changed = judge(session, alice, fine=True)
    question = session.questions.select_related("schema__current").get()
    recording.complete(
        Review.objects.get(pk=changed.pk),
        [recording.GivenAnswer(question, question.schema.current, False)],
        active_s=30,
    )
    taken_back = judge(session, alice, fine=True)
    recording.undo(Review.objects.get(pk=taken_back.pk))

    (tally,) = tallies_of(session)

    assert bars_of(tally) == [("Pass", 0, 0), ("Fail", 1, 100)]


def test_few_numbers_stand_by_themselves():
    bars = number_bars([(10, 2), (2.5, 1)], 3)

    assert [(bar.label, bar.n, bar.value) for bar in bars] == [("2.5", 1, "2.5"), ("10", 2, "10")]


def test_many_numbers_stand_in_ranges_that_hold_all_of_them():
    bars = number_bars([(n, 1) for n in range(101)], 101)

    assert len(bars) == 8
    assert sum(bar.n for bar in bars) == 101
    assert bars[0].label == "0 to 12.5"
    assert bars[-1].n == 13  # 88 to 100: the highest number belongs to the last range
    assert {bar.value for bar in bars} == {None}


def test_the_main_answer_is_that_of_the_first_question_of_two(asking, ask, alice):
    session = asking(ask("kind", categorical={"options": ["Old", "New"]}), ask("fine", pass_fail={}))
    judge(session, alice, kind="Old", fine=True)

    assert main_of(tallies_of(session)).question.schema.name == "fine"


def test_without_answers_there_is_no_main_answer(asking, ask):
    tallies = tallies_of(asking(ask("fine", pass_fail={})))

    assert main_of(tallies) is None
    assert [bar.n for bar in tallies[0].bars] == [0, 0]
