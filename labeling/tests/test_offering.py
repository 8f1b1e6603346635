"""The library's questions, answered beside a trace."""

from __future__ import annotations

import pytest

from labeling.models import LabelSchema
from traces.models import Assessment, Experiment, Trace


@pytest.fixture
def trace(db) -> Trace:
    return Trace.objects.create(
        trace_id="tr-1", experiment=Experiment.objects.get(pk=0), state="OK", request_time="2026-03-02T12:00:00Z"
    )


@pytest.fixture
def problems(trace) -> LabelSchema:
    return LabelSchema.objects.ask(
        experiment=trace.experiment, name="problems", type="feedback", title="What is wrong?",
        input={"categorical": {"options": ["Made up", "Outdated"], "multi_select": True}},
    )  # fmt: skip


def sent(schema: LabelSchema, *answers: str, **fields) -> dict[str, object]:
    return {f"answer-{schema.pk}": list(answers), f"version-{schema.pk}": "1"} | fields


def test_the_page_of_a_trace_offers_the_questions_of_its_experiment(client_of, dana, trace, problems):
    other = Experiment.objects.create(name="other")
    LabelSchema.objects.ask(experiment=other, name="elsewhere", type="feedback", title="X?", input={"text": {}})
    page = client_of(dana).get("/traces/tr-1/").content.decode()
    assert f"/traces/tr-1/questions/{problems.pk}/" in page
    assert "What is wrong?" in page
    assert "elsewhere" not in page


def test_a_question_is_drawn_with_its_own_kind_of_input(client_of, dana, problems):
    client = client_of(dana)
    url = f"/traces/tr-1/questions/{problems.pk}/"
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert fragment.count('type="checkbox"') == 2
    assert "<html" in client.get(url).content.decode()


def test_an_answer_names_its_question_and_version(client_of, dana, problems):
    data = sent(problems, "Outdated", "Made up", **{f"comment-{problems.pk}": "Both."})
    assert client_of(dana).post(f"/traces/tr-1/questions/{problems.pk}/", data).status_code == 302

    said = Assessment.objects.get()
    assert (said.name, said.value, said.rationale, said.kind) == (
        "problems", ["Made up", "Outdated"], "Both.", "feedback",
    )  # fmt: skip
    assert said.metadata == {"reviewapp.question": problems.pk, "reviewapp.question_version": "1"}
    assert said.source_id == "dana@example.org"


def test_no_answer_and_a_wrong_one_are_422(client_of, dana, problems):
    client = client_of(dana)
    for data in (sent(problems), sent(problems, "Nonsense")):
        response = client.post(f"/traces/tr-1/questions/{problems.pk}/", data, headers={"HX-Request": "true"})
        assert response.status_code == 422
        assert "question--wrong" in response.content.decode()
    assert not Assessment.objects.exists()


def test_it_is_changed_in_the_form_of_its_question(client_of, dana, problems):
    client = client_of(dana)
    client.post(f"/traces/tr-1/questions/{problems.pk}/", sent(problems, "Outdated"))
    url = f"/traces/tr-1/assessments/{Assessment.objects.get().pk}/edit/"

    form = client.get(url).content.decode()
    assert 'value="Outdated" checked' in form
    assert 'value="Made up" checked' not in form
    client.post(url, sent(problems, "Made up"))
    said = Assessment.objects.valid().get()
    assert (said.value, said.overrides.value) == (["Made up"], ["Outdated"])


def test_experts_have_no_such_page(client_of, alice, problems):
    assert client_of(alice).get(f"/traces/tr-1/questions/{problems.pk}/").status_code == 404


def test_a_question_of_another_experiment_is_not_asked(client_of, dana, trace):
    other = Experiment.objects.create(name="other")
    schema = LabelSchema.objects.ask(experiment=other, name="x", type="feedback", title="X?", input={"text": {}})
    assert client_of(dana).get(f"/traces/tr-1/questions/{schema.pk}/").status_code == 404
