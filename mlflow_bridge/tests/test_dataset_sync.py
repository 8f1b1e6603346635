"""Datasets on a real MLflow server."""

from __future__ import annotations

from datetime import timedelta

import httpx
import mlflow
import pytest
from django.utils import timezone
from mlflow.genai import datasets

from mlflow_bridge import dataset_sync
from mlflow_bridge.dataset_copies import DatasetCopy
from mlflow_bridge.dataset_sync import ask_for, send_due
from mlflow_bridge.models import Connection
from mlflow_bridge.pulling.models import RemoteExperiment
from quality import editing
from quality.models import EvaluationDataset, NewRecord
from traces.models import Experiment

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow")  # the client warns of its own code

ONE = NewRecord(
    {"question": "Is hail covered?"},
    {"expected_response": "Yes.", "expected_facts": ["HO-3 §2"]},
    outputs="No.",
    source={"source_type": "TRACE", "source_data": {"trace_id": "tr-1"}},
    provenance={"expected_response": {"how": "only", "by": ["alice@example.org"], "assessment_ids": ["a-1"]}},
)


@pytest.fixture
def dataset(mallory) -> EvaluationDataset:
    made = EvaluationDataset.objects.create(name="Hail", tags={"team": "claims"}, created_by=mallory.email)
    made.merge_records([ONE, NewRecord({"question": "Is snow covered?"})], by=mallory.email)
    return made


@pytest.fixture
def there(mlflow_server, monkeypatch):
    """Return a function: the datasets of the real server by the official client, made of ours."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(mlflow_server.url)
    yield lambda dataset: list(datasets.search_datasets(filter_string=f"tags.reviewapp.dataset_id = '{dataset.pk}'"))
    mlflow.set_tracking_uri(before)


def sent(dataset, connection, by) -> DatasetCopy:
    ask_for(dataset, connection, by=by)
    while send_due():  # a slow server is given several turns
        pass
    return DatasetCopy.objects.get(dataset=dataset)


def records_of(found) -> dict[str, dict]:
    return {each["inputs"]["question"]: each for each in found.to_df().to_dict("records")}


def test_the_client_finds_it_there_with_expectations_source_and_provenance(connection, dataset, mallory, there):
    copy = sent(dataset, connection, mallory)
    assert (copy.state, copy.error, copy.unsent().count()) == ("sent", "", 0)
    (found,) = there(dataset)
    assert (found.name, found.tags["team"], found.dataset_id) == ("Hail", "claims", copy.remote_id)
    record = records_of(found)["Is hail covered?"]
    assert record["expectations"] == {"expected_response": "Yes.", "expected_facts": ["HO-3 §2"]}
    assert (record["outputs"], record["source_id"], record["source_type"]) == ("No.", "tr-1", "TRACE")
    assert '"assessment_ids": ["a-1"]' in record["tags"]["reviewapp.provenance"]
    assert len(records_of(found)) == 2


def test_it_belongs_to_the_experiments_that_its_own_were_taken_over_from(connection, dataset, mallory, there):
    ours = Experiment.objects.create(name="hail claims")
    there_id = mlflow.create_experiment(f"claims of {dataset.pk}")
    RemoteExperiment.objects.create(connection=connection, remote_id=there_id, name="claims", experiment=ours)
    dataset.experiments.add(ours)
    sent(dataset, connection, mallory)
    (found,) = there(dataset)
    assert found.experiment_ids == [there_id]


def test_what_changes_later_is_added_and_nothing_doubles(connection, dataset, mallory, there):
    sent(dataset, connection, mallory)
    record = dataset.records.get(inputs__question="Is hail covered?")
    editing.edit(record, inputs=record.inputs, expectations={"expected_response": "Always."}, by=mallory.email)
    dataset.merge_records([NewRecord({"question": "Is rain covered?"})], by=mallory.email)
    assert DatasetCopy.objects.get().unsent().count() == 2
    sent(dataset, connection, mallory)
    (found,) = there(dataset)
    records = records_of(found)
    assert len(records) == 3
    assert records["Is hail covered?"]["expectations"]["expected_response"] == "Always."


def test_a_worker_that_dies_before_it_notes_the_dataset_makes_no_second_one(connection, dataset, mallory, there):
    sent(dataset, connection, mallory)
    DatasetCopy.objects.update(remote_id="", sent_until=None, sent_record="", state="waiting", sent_at=None)
    while send_due():
        pass
    assert len(there(dataset)) == 1
    assert len(records_of(there(dataset)[0])) == 2


def test_records_go_in_bounded_requests_and_turns(connection, dataset, mallory, there, monkeypatch):
    monkeypatch.setattr(dataset_sync, "AT_ONCE", 3)
    monkeypatch.setattr(dataset_sync, "TURN_S", 0.0)
    dataset.merge_records([NewRecord({"question": str(n)}) for n in range(5)], by=mallory.email)
    ask_for(dataset, connection, by=mallory)
    assert [send_due(), send_due(), send_due()] == [1, 1, 1]
    copy = DatasetCopy.objects.get()
    assert (copy.unsent().count(), copy.state) == (0, "waiting")
    send_due()
    copy.refresh_from_db()
    assert copy.state == "sent"
    assert len(records_of(there(dataset)[0])) == 7


def test_large_records_go_alone(connection, dataset, mallory, there, monkeypatch):
    monkeypatch.setattr(dataset_sync, "MOST_BYTES", 10)
    ask_for(dataset, connection, by=mallory)
    assert send_due() + send_due() == 2
    assert len(records_of(there(dataset)[0])) == 2


def test_one_worker_is_at_it_at_a_time_and_one_that_died_holds_up_nobody_for_long(connection, dataset, mallory):
    copy = ask_for(dataset, connection, by=mallory)
    assert copy.hold(timezone.now() + timedelta(minutes=3))
    assert not copy.hold(timezone.now() + timedelta(minutes=3))
    assert send_due() == 0
    DatasetCopy.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert send_due() == 1


def test_asked_for_again_while_it_is_sent_it_is_looked_at_once_more(connection, dataset, mallory):
    copy = ask_for(dataset, connection, by=mallory)
    ask_for(dataset, connection, by=mallory)
    dataset_sync.finish(copy)
    copy.refresh_from_db()
    assert copy.state == "waiting"


def test_a_dead_server_is_tried_again_with_pauses(dataset, mallory):
    dead = Connection.objects.create(name="Dead", tracking_uri="http://127.0.0.1:9")
    copy = sent(dataset, dead, mallory)
    assert (copy.state, copy.attempts, copy.held_until) == ("waiting", 1, None)
    assert "does not answer" in copy.error
    assert copy.next_at > timezone.now()


def test_a_dataset_deleted_there_is_said_and_made_anew_when_asked_for(
    connection, dataset, mallory, mlflow_server, there
):
    copy = sent(dataset, connection, mallory)
    httpx.delete(f"{mlflow_server.url}/api/3.0/mlflow/datasets/{copy.remote_id}").raise_for_status()
    copy = sent(dataset, connection, mallory)
    assert (copy.state, copy.remote_id) == ("given_up", "")
    assert "deleted the dataset there" in copy.error
    assert sent(dataset, connection, mallory).state == "sent"
    assert len(records_of(there(dataset)[0])) == 2


def test_a_connection_that_is_off_sends_nothing(connection, dataset, mallory):
    ask_for(dataset, connection, by=mallory)
    Connection.objects.update(is_on=False)
    assert send_due() == 0


def test_the_datasets_page_sends_it_and_says_in_words_how_it_stands(client_of, dana, connection, dataset):
    browser = client_of(dana)
    path = f"/datasets/{dataset.pk}/"
    assert "Sync to MLflow" in browser.get(path).content.decode()
    response = browser.post(f"/settings/mlflow/{connection.pk}/datasets/{dataset.pk}/send/", follow=True)
    page = response.content.decode()
    assert "It is on its way to Team server." in page
    assert "2 records are still to be sent." in page
    assert 'hx-trigger="every 2s"' in browser.get(path + "sent/").content.decode()
    while send_due():
        pass
    page = browser.get(path + "sent/").content.decode()
    assert "in step" in page
    assert "hx-trigger" not in page
    dataset.merge_records([NewRecord({"question": "Is rain covered?"})], by=dana.email)
    assert "1 record changed here since." in browser.get(path).content.decode()


def test_who_sends(client_of, alice, dana, dataset, connection):
    path = f"/settings/mlflow/{connection.pk}/datasets/{dataset.pk}/send/"
    assert client_of(alice).post(path).status_code == 404
    Connection.objects.update(is_on=False)
    assert client_of(dana).post(path).status_code == 404
    assert "switched off" not in client_of(dana).get(f"/datasets/{dataset.pk}/").content.decode()


def test_admin_shows_copies_and_runs(client_of, db, dataset, connection, mallory, django_user_model):
    ask_for(dataset, connection, by=mallory)
    admin = client_of(django_user_model.objects.create_superuser("root@example.org"))
    for kind in ("datasetcopy", "run"):
        assert admin.get(f"/admin/mlflow_bridge/{kind}/").status_code == 200
