"""From a session, or from chosen traces, to a dataset."""

from __future__ import annotations

import pytest

from labeling.models import LabelingSession
from quality.models import EvaluationDataset, NewRecord

MALLORY = "mallory@example.org"
TRACES = "/datasets/from-traces/"


@pytest.fixture
def traces(ask, expect):
    """Two are asked the same, and alice and bob differ about it; of the last nobody said anything."""
    one, same, silent = ask({"q": "Is hail covered?"}), ask({"q": "Is hail covered?"}), ask({"q": "Is snow covered?"})
    expect(one, "Yes.", by="alice@example.org")
    expect(same, "No.", by="bob@example.org")
    return [one, same, silent]


@pytest.fixture
def session(claims, traces):
    session = LabelingSession.objects.create(name="March", experiment=claims, state="open")
    session.add_traces(traces)
    return session


@pytest.fixture
def path(session):
    return f"/datasets/from-session/{session.pk}/"


def text(response):
    return response.content.decode()


def test_a_sessions_page_and_the_list_of_traces_lead_here(client_of, mallory, dana, session, path):
    assert f'href="{path}"' in text(client_of(mallory).get(f"/labeling/sessions/{session.pk}/"))
    assert f'formaction="{TRACES}"' in text(client_of(dana).get("/traces/"))


def test_who_may(client_of, alice, dana, mallory, path, traces):
    assert client_of(alice).get(path).status_code == 404
    assert client_of(alice).post(TRACES, {"trace": traces[0].pk}).status_code == 404
    assert client_of(dana).get(path).status_code == client_of(mallory).get(path).status_code == 200


def test_the_preview_shows_what_comes_of_it_and_writes_nothing(client_of, mallory, alice, bob, path):
    response = client_of(mallory).get(path)
    page = text(response)
    preview = response.context["preview"]
    assert (preview.n, preview.n_disputes) == (1, 1)
    assert "1 trace was asked the same as another" in page
    assert "1 trace stays out: nobody wrote what is expected of it." in page
    (dispute,) = preview.disputes
    assert [(each.value, each.who, each.is_checked) for each in dispute.choices] == [
        ("No.", "Bob Okafor", True), ("Yes.", "Alice Weber", False),
    ]  # fmt: skip
    assert not EvaluationDataset.objects.exists()


def test_what_a_manager_chooses_holds(client_of, mallory, path, claims):
    (dispute,) = client_of(mallory).get(path).context["preview"].disputes
    given = {"target": "new", "name": "Hail", "make": "1", dispute.field: dispute.choices[1].key}
    response = client_of(mallory).post(path, given, follow=True)
    assert "1 record is new." in text(response)
    dataset = EvaluationDataset.objects.get()
    assert (dataset.name, dataset.created_by, list(dataset.experiments.all())) == ("Hail", MALLORY, [claims])
    record = dataset.records.get()
    assert record.expectations == {"expected_response": "Yes."}
    said = record.provenance["expected_response"]
    assert (said["how"], said["by"], said["chosen_by"]) == ("chosen", ["alice@example.org"], MALLORY)


def test_what_was_chosen_holds_the_next_time_too_unless_somebody_says_something_new(client_of, mallory, path, traces):
    (dispute,) = client_of(mallory).get(path).context["preview"].disputes
    given = {"target": "new", "name": "Hail", "make": "1", dispute.field: dispute.choices[1].key}
    client_of(mallory).post(path, given)
    dataset = EvaluationDataset.objects.get()
    client_of(mallory).post(path, {"target": dataset.pk, "make": "1"})
    assert dataset.records.get().expectations == {"expected_response": "Yes."}


def test_an_answer_changed_meanwhile_is_shown_before(client_of, mallory, path, traces):
    (dispute,) = client_of(mallory).get(path).context["preview"].disputes
    traces[0].assessments.get().override(value="Sometimes.")
    given = {"target": "new", "name": "Hail", "make": "1", dispute.field: dispute.choices[1].key}
    response = client_of(mallory).post(path, given)
    assert response.status_code == 422
    assert "Somebody answered meanwhile." in text(response)
    assert not EvaluationDataset.objects.exists()


def test_into_a_dataset_that_is_there_differences_to_it_are_shown(client_of, mallory, dataset, path):
    dataset.merge_records([NewRecord({"q": "Is hail covered?"}, {"expected_response": "Perhaps."})], by=MALLORY)
    response = client_of(mallory).post(path, {"target": dataset.pk}, headers={"HX-Request": "true"})
    assert text(response).lstrip().startswith('<div class="stack" id="make-preview"')
    (dispute,) = response.context["preview"].disputes
    assert [(each.value, each.is_current) for each in dispute.choices] == [
        ("No.", False), ("Yes.", False), ("Perhaps.", True),
    ]  # fmt: skip
    given = {"target": dataset.pk, "make": "1", dispute.field: "now"}
    assert "1 was there and got what is new." in text(client_of(mallory).post(path, given, follow=True))
    assert dataset.records.get().expectations == {"expected_response": "Perhaps."}
    assert dataset.records.get().provenance["expected_response"]["chosen_by"] == MALLORY


def test_chosen_traces_become_a_dataset(client_of, dana, traces, claims):
    chosen = {"trace": [trace.pk for trace in traces], "query": "state=OK"}
    response = client_of(dana).post(TRACES, chosen)
    assert "Make a dataset of 3 traces" in text(response)
    response = client_of(dana).post(
        TRACES, {**chosen, "target": "new", "name": "Hail", "with_silent": "on", "make": "1"}
    )
    dataset = EvaluationDataset.objects.get()
    assert response.url == f"/datasets/{dataset.pk}/"
    assert sorted(record.inputs["q"] for record in dataset.records.all()) == ["Is hail covered?", "Is snow covered?"]


def test_all_that_a_filter_finds_become_a_dataset(client_of, dana, traces):
    given = {"all": "1", "query": "state=OK", "target": "new", "name": "Hail", "make": "1"}
    client_of(dana).post(TRACES, given)
    assert EvaluationDataset.objects.get().records.count() == 1


def test_none_chosen_is_said(client_of, dana):
    assert "No trace was chosen." in text(client_of(dana).post(TRACES, {"query": ""}, follow=True))


def test_a_new_dataset_needs_a_name(client_of, mallory, path):
    response = client_of(mallory).post(path, {"target": "new", "name": " ", "make": "1"})
    assert response.status_code == 422
    assert "Give it a name." in text(response)


def test_a_dataset_that_is_none_is_refused(client_of, mallory, path):
    assert client_of(mallory).post(path, {"target": "d-none", "make": "1"}).status_code == 422


def test_without_expectations_the_page_says_how_to_get_them(client_of, dana, ask):
    page = text(client_of(dana).post(TRACES, {"trace": ask({"q": "a"}).pk}))
    assert "Nobody wrote yet what is expected" in page
    assert 'name="make"' not in page
