"""One record: read with where it comes from, changed, removed, and had back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import LabelingSession
from quality.editing import purge_removed
from quality.gathering import merge_labels
from quality.models import DatasetRecord, NewRecord

MALLORY = "mallory@example.org"


@pytest.fixture
def session(claims):
    return LabelingSession.objects.create(name="March", experiment=claims)


@pytest.fixture
def record(dataset, session, ask, expect):
    trace = ask({"question": "Is hail covered?"}, "No.")
    marks = {"reviewapp.session": str(session.pk)}
    expect(trace, "Yes.", metadata=marks)
    expect(trace, ["HO-3 §2", "no limit"], name="expected_facts", metadata=marks)
    merge_labels(dataset, [trace.pk], by=MALLORY)
    return dataset.records.get()


@pytest.fixture
def path(record):
    return f"/datasets/{record.dataset_id}/records/{record.pk}/"


def form(**changes):
    said = {
        "inputs": '{"question": "Is hail covered?"}', "value:expected_response": "Yes.",
        "value:expected_facts": "HO-3 §2\nno limit", "new_name": "", "new_value": "",
    }  # fmt: skip
    return said | changes


def test_it_leads_to_the_trace_and_the_session(client_of, mallory, dana, path, record, session, alice):
    page = client_of(mallory).get(path).content.decode()
    trace_id = record.source["source_data"]["trace_id"]
    assert f'href="/traces/{trace_id}/"' in page
    assert f'href="/labeling/sessions/{session.pk}/"' in page
    assert "Alice Weber" in page
    assert f'href="/labeling/sessions/{session.pk}/"' not in client_of(dana).get(path).content.decode()


def test_a_trace_and_a_session_that_are_gone_are_called_so(client_of, mallory, path, record, session):
    session.delete()
    record.provenance["expected_response"] |= {"trace_ids": ["tr-gone"], "session_ids": ["no uuid", str(session.pk)]}
    record.save()
    assert client_of(mallory).get(path).content.decode().count("not there any more") >= 3


def test_what_is_expected_changes_by_hand_and_can_be_had_back(client_of, dana, path, record):
    before = (record.expectations, record.provenance)
    changed = form(**{"value:expected_response": "Yes, always.", "new_name": "guidelines", "new_value": "brief\nkind"})
    response = client_of(dana).post(path, changed, follow=True)
    assert "Saved." in response.content.decode()
    record.refresh_from_db()
    assert record.expectations == {
        "expected_response": "Yes, always.", "expected_facts": ["HO-3 §2", "no limit"], "guidelines": ["brief", "kind"],
    }  # fmt: skip
    said = record.provenance["expected_response"]
    assert (said["how"], said["by"], said["trace_ids"]) == (
        "edited",
        ["dana@example.org"],
        before[1]["expected_response"]["trace_ids"],
    )
    assert record.provenance["expected_facts"] == before[1]["expected_facts"]

    client_of(dana).post(path + "undo/")
    record.refresh_from_db()
    assert (record.expectations, record.provenance, record.revisions) == (*before, [])


def test_an_emptied_field_takes_its_expectation_away(client_of, dana, path, record):
    client_of(dana).post(path, form(**{"value:expected_facts": " \n"}))
    record.refresh_from_db()
    assert list(record.expectations) == list(record.provenance) == ["expected_response"]


def test_the_same_again_changes_nothing(client_of, dana, path, record):
    client_of(dana).post(path, form())
    assert DatasetRecord.objects.get().revisions == []


def test_what_was_added_after_the_page_was_made_stays(client_of, dana, path, record):
    record.dataset.merge_records([NewRecord(record.inputs, {"late": True})], by=MALLORY)
    client_of(dana).post(path, form(**{"value:expected_response": "Yes!"}))
    record.refresh_from_db()
    assert (record.expectations["late"], record.expectations["expected_response"]) == (True, "Yes!")


def test_values_that_are_no_texts_are_written_as_json(client_of, dana, path, record):
    record.dataset.merge_records([NewRecord(record.inputs, {"limit": {"eur": 5}})], by=MALLORY)
    client_of(dana).post(path, form(**{"value:limit": '{"eur": 7}'}))
    record.refresh_from_db()
    assert record.expectations["limit"] == {"eur": 7}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inputs": "{"}, "This is no JSON"),
        ({"inputs": "[1]"}, "Inputs are an object"),
        ({"inputs": "[" * 1000}, "This is no JSON"),
        ({"new_name": "guidelines"}, "Write what is expected under this name."),
        ({"new_value": "brief"}, "Give it a name"),
        ({"inputs": '{"question": "Is snow covered?"}'}, "Another record of this dataset has these inputs."),
    ],
)
def test_what_is_wrong_is_said_and_kept_in_the_form(client_of, dana, path, record, changes, said):
    record.dataset.merge_records([NewRecord({"question": "Is snow covered?"})], by=MALLORY)
    response = client_of(dana).post(path, form(**changes, **{"value:expected_response": "Mine"}))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert "Mine" in response.content.decode()
    record.refresh_from_db()
    assert record.expectations["expected_response"] == "Yes."


def test_inputs_change_and_the_record_is_found_by_them(client_of, dana, path, record):
    client_of(dana).post(path, form(inputs='{"question": "Is snow covered?"}'))
    record.dataset.merge_records([NewRecord({"question": "Is snow covered?"}, {"x": 1})], by=MALLORY)
    assert record.dataset.records.get().expectations["x"] == 1


def test_a_removed_record_is_gone_and_can_be_had_back(client_of, dana, path, record):
    response = client_of(dana).post(path + "remove/", follow=True)
    assert "Removed: “Is hail covered?”" in response.content.decode()
    assert client_of(dana).get(path).status_code == 404
    assert response.context["dataset"].n_records == 0
    response = client_of(dana).post(path + "restore/", follow=True)
    assert response.context["dataset"].n_records == 1


def test_a_removed_record_is_purged_after_a_while(record):
    DatasetRecord.objects.update(removed_at=timezone.now())
    purge_removed()
    assert DatasetRecord.objects.exists()
    DatasetRecord.objects.update(removed_at=timezone.now() - timedelta(minutes=11))
    purge_removed()
    assert not DatasetRecord.objects.exists()


def test_inputs_of_a_removed_record_are_free(client_of, dana, path, record):
    record.dataset.merge_records([NewRecord({"question": "Is snow covered?"})], by=MALLORY)
    record.dataset.records.exclude(pk=record.pk).update(removed_at=timezone.now())
    assert client_of(dana).post(path, form(inputs='{"question": "Is snow covered?"}')).status_code == 302


@pytest.mark.parametrize("deed", ["", "undo/", "remove/", "restore/"])
def test_experts_change_nothing(client_of, alice, path, deed):
    assert client_of(alice).post(path + deed, form()).status_code == 404
