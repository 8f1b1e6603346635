from __future__ import annotations

import textwrap

import pytest
from django.core.management import CommandError, call_command

from labeling.models import LabelingSession, LabelSchema
from traces.models import Experiment, Trace

WHOLE = """
    name: Claims answers, March
    experiment: claims
    instructions: |
      Judge the answer against the policy.
    questions:
      - name: correct
        title: Is the answer correct?
        type: feedback
        input: {pass_fail: {positive_label: Yes, negative_label: No}}
        required: true
        enable_comment: true
      - name: problems
        title: What is wrong?
        input: {categorical: {options: [Hallucination, Outdated], multi_select: true}}
        show_if: {correct: false}
      - name: expected_response
    reviewers: [Alice@example.org, bob@example.org]
    reviews_per_item: 2
    traces: {filter: "trace.status = 'OK'", sample: 3, seed: 7}
"""


@pytest.fixture
def load(tmp_path, capsys):
    """Return a function: load a file of this text, and return the session whose id was printed."""

    def load_text(text: str) -> LabelingSession:
        file = tmp_path / "session.yaml"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        call_command("load_session", str(file))
        return LabelingSession.objects.get(pk=capsys.readouterr().out.strip())

    return load_text


def with_lines(*lines: str) -> str:
    return "\n".join(["name: X", "experiment: claims", "questions: [{name: expected_facts}]", *lines])


def test_the_whole_of_a_file(load, make_traces, alice, bob):
    make_traces(6)
    Trace.objects.filter(pk__endswith="6").update(state="ERROR")
    session = load(WHOLE)

    assert (session.name, session.experiment.name, session.state) == ("Claims answers, March", "claims", "open")
    assert session.instructions == "Judge the answer against the policy.\n"
    assert set(session.people.all()) == {alice, bob}
    assert (session.reviews_per_item, session.n_items, session.n_open) == (2, 3, 3)
    assert {item.needs for item in session.items.all()} == {2}
    correct, problems, ideal = session.questions.select_related("schema__current")
    assert correct.is_required and not problems.is_required
    assert correct.schema.current.input == {"pass_fail": {"positive_label": "Yes", "negative_label": "No"}}
    assert correct.schema.current.enable_comment
    assert problems.show_if == {"correct": False}
    assert ideal.schema.type == "expectation"
    assert session.selection["seed"] == 7


def test_the_same_seed_draws_the_same_traces(load, make_traces, alice, bob):
    make_traces(30)
    first, second = load(WHOLE), load(WHOLE)
    assert list(first.items.values_list("trace", flat=True)) == list(second.items.values_list("trace", flat=True))
    assert LabelSchema.objects.filter(name="correct").count() == 1  # one library


def test_a_seed_that_was_drawn_is_kept(load, make_traces, alice):
    make_traces(5)
    session = load(with_lines("reviewers: [alice@example.org]", "traces: {sample: 2}"))
    assert isinstance(session.selection["seed"], int)
    assert session.n_items == 2


def test_traces_by_id_in_their_order(load, make_traces, alice):
    one, two, three = make_traces(3)
    session = load(with_lines("reviewers: [alice@example.org]", f"traces: {{ids: [{three.pk}, {one.pk}]}}"))
    assert [item.trace for item in session.items.all()] == [three, one]


def test_everybody_reviews_everything(load, make_traces, alice, bob):
    make_traces(1)
    session = load(WHOLE.replace("reviews_per_item: 2", "reviews_per_item: all"))
    assert session.reviews_per_item is None
    assert session.items.get().needs == 2


def test_a_draft_may_be_incomplete(load, db):
    session = load(with_lines("open: false"))
    assert (session.state, session.n_items) == ("draft", 0)
    assert Experiment.objects.filter(name="claims").exists()


def test_new_words_make_a_new_version(load, make_traces, alice, bob):
    make_traces(1)
    load(WHOLE)
    load(WHOLE.replace("Is the answer correct?", "Does the answer hold?"))
    schema = LabelSchema.objects.get(name="correct")
    assert (schema.current.number, schema.current.title) == (2, "Does the answer hold?")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "The file is empty"),
        ("name: [", "line 1: this is not YAML"),
        ("- name", "line 1, the file: this has to be names with values"),
        ("name: X\nexperiment: claims", "line 1, the file: “questions” is missing"),
        (with_lines("colour: red"), "line 4, colour: there is no such key here"),
        (with_lines("reviewers: [zoe@example.org]"), "line 4, reviewers[1]: nobody has the address zoe@example.org"),
        (with_lines("reviews_per_item: 0"), "line 4, reviews_per_item: this has to be a number from 1 on, or all"),
        (with_lines("traces: {filter: 'colour ='}"), "line 4, traces.filter: "),
        (with_lines("traces: {sample: 0}"), "line 4, traces.sample: this has to be at least 1"),
        (with_lines("traces: {sample: many}"), "line 4, traces.sample: this has to be a whole number"),
        (with_lines("traces: {ids: [tr-1]}"), "line 4, traces.ids[1]: the experiment claims has no trace tr-1"),
        (with_lines("traces: {ids: [tr-1], seed: 1}"), "line 4, traces: “ids” stands alone"),
        (with_lines("open: maybe"), "line 4, open: this has to be true or false"),
        (with_lines(), "the file: There are no traces in it yet. Nobody is in it yet."),
        (
            "name: X\nexperiment: claims\nquestions:\n  - name: tone\n    title: Tone?\n    input: {stars: {}}",
            "line 4, questions[1]: “stars” is no kind of input",
        ),
        (
            "name: X\nexperiment: claims\nquestions:\n  - name: tone\n    title: Tone?",
            "line 4, questions[1]: “input” is missing",
        ),
        (
            "name: X\nexperiment: claims\nquestions:\n  - name: expected_facts\n    show_if: {tone: good}",
            "line 4, questions: “expected_facts” can depend",
        ),
        (
            "name: X\nexperiment: claims\nquestions:\n"
            "  - {name: guidelines, type: feedback}\n  - {name: guidelines, type: expectation}",
            "line 5, questions[2]: the experiment's “guidelines” is feedback",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_nothing_is_made(load, db, text, complaint):
    with pytest.raises(CommandError) as refusal:
        load(text)
    assert complaint in str(refusal.value)
    assert not LabelingSession.objects.exists()
    assert not Experiment.objects.filter(name="claims").exists()


def test_a_file_that_is_not_there():
    with pytest.raises(CommandError, match="Can't read /nowhere.yaml"):
        call_command("load_session", "/nowhere.yaml")
