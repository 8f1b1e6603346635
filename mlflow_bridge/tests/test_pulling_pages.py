"""What a connection's page says of taking over, and its buttons: take over now, pause, decide."""

from __future__ import annotations

import pytest
from django.utils import timezone

from mlflow_bridge.credentials import credentials_of
from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.pulling.models import PulledTrace, RemoteExperiment
from mlflow_bridge.related import page_of
from traces.models import Assessment, Experiment, Trace


@pytest.fixture
def connection(db) -> Connection:
    return Connection.objects.create(
        name="Team server", tracking_uri="https://mlflow.example.org", pulls=True, pulled_at=timezone.now()
    )


@pytest.fixture
def pulled(connection) -> PulledTrace:
    claims = Experiment.objects.create(name="claims")
    there = RemoteExperiment.objects.create(connection=connection, remote_id="3", name="claims", experiment=claims)
    trace = Trace.objects.create(trace_id="tr-" + "1" * 32, experiment=claims, request_time=timezone.now(), state="OK")
    return PulledTrace.objects.create(
        connection=connection, remote_experiment=there, remote_id=trace.pk, trace=trace, digest="x"
    )


@pytest.fixture
def conflict(connection, pulled) -> Delivery:
    said = Assessment.objects.create(
        trace=pulled.trace, name="correct", kind="feedback", value="ours", source_type="HUMAN", source_id="a@x.org"
    )
    return Delivery.objects.create(
        connection=connection, assessment=said, subject=pulled.trace_id, state="conflict", digest="old",
        error="It was changed on the server.", theirs={"digest": "new", "value": "<b>theirs</b>"},
    )  # fmt: skip


@pytest.fixture
def page(client_of, mallory, connection):
    client = client_of(mallory)
    return lambda: client.get(connection.get_absolute_url()).content.decode()


def test_it_says_how_many_are_here_and_where(page, pulled):
    shown = page()
    assert "1 trace is here." in shown
    assert f'href="/traces/?experiment={pulled.trace.experiment_id}"' in shown
    assert 'href="https://mlflow.example.org/#/experiments/3/traces"' in shown


def test_what_is_wrong_is_said(page, connection, pulled):
    connection.end_pull("The server does not answer: refused")
    pulled.error, pulled.lacks = "A span can't be read", {"x": {}}
    pulled.save()
    shown = page()
    assert "The server does not answer: refused" in shown
    assert "1 trace did not come whole:" in shown
    assert "A span can&#x27;t be read" in shown
    assert "Files of 1 trace are still to come." in shown


def test_take_over_now_lets_the_worker_begin_and_look_at_everything(client_of, mallory, connection):
    connection.end_pull()
    Connection.objects.update(look_back_due_at=timezone.now().replace(year=2100))
    client_of(mallory).post(f"{connection.get_absolute_url()}pull/")
    connection.refresh_from_db()
    assert connection.pull_due_at <= timezone.now()
    assert connection.look_back_due_at <= timezone.now()


def test_it_can_be_paused_and_go_on(client_of, mallory, connection, page, pulled):
    client = client_of(mallory)
    client.post(f"{connection.get_absolute_url()}pause/")
    assert Connection.objects.get().pulls is False
    assert "Go on" in page()
    client.post(f"{connection.get_absolute_url()}pause/", {"pulls": "on"})
    assert Connection.objects.get().pulls is True


def test_a_conflict_is_shown_with_both_sides(page, conflict):
    shown = page()
    assert "&lt;b&gt;theirs&lt;/b&gt;" in shown
    assert "ours" in shown
    assert "It was changed on the server." in shown


@pytest.mark.parametrize(("keep", "state", "digest"), [("ours", "waiting", "old"), ("theirs", "sent", "new")])
def test_a_conflict_is_decided_once(client_of, mallory, connection, conflict, keep, state, digest):
    client = client_of(mallory)
    path = f"{connection.get_absolute_url()}conflicts/{conflict.pk}/"
    client.post(path, {"keep": keep})
    conflict.refresh_from_db()
    assert (conflict.state, conflict.digest) == (state, digest)
    assert client.post(path, {"keep": keep}).status_code == 404


@pytest.mark.parametrize("path", ["pull/", "pause/", "conflicts/1/"])
def test_the_buttons_are_managers_only_and_need_their_token(client_of, dana, mallory, connection, path):
    address = connection.get_absolute_url() + path
    assert client_of(dana).post(address).status_code == 404
    assert client_of(mallory).get(address).status_code == 405
    assert client_of(mallory, enforce_csrf_checks=True).post(address).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "words"), [({"pull_every_s": "1"}, "from 10 to 86400"), ({"look_back_days": "0"}, "from 1 to 365")]
)
def test_what_is_wrong_in_the_form_is_said(client_of, mallory, connection, wrong, words):
    form = {
        "name": "Team server", "tracking_uri": "https://mlflow.example.org", "pull_every_s": "60",
        "look_back_days": "7",
    } | wrong  # fmt: skip
    answer = client_of(mallory).post(connection.get_absolute_url(), form)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_pages_take_few_queries(client_of, mallory, connection, conflict, django_assert_max_num_queries):
    client = client_of(mallory)
    with django_assert_max_num_queries(14):
        client.get(connection.get_absolute_url())


def test_the_environment_signs_in_at_its_own_server_only(connection, settings):
    settings.MLFLOW_TRACKING_URI, settings.MLFLOW_TRACKING_TOKEN = "https://mlflow.example.org/", "of-the-environment"
    settings.DATABRICKS_HOST, settings.DATABRICKS_TOKEN = "dbc-1.cloud.databricks.com", "dapi"
    assert credentials_of(connection) == ("", "of-the-environment")
    connection.tracking_uri = "https://dbc-1.cloud.databricks.com"
    assert credentials_of(connection) == ("", "dapi")
    connection.tracking_uri = "https://evil.example.org"
    assert credentials_of(connection) == ("", "")
    connection.set_secret("entered")
    connection.tracking_uri = "https://mlflow.example.org"
    assert credentials_of(connection) == ("", "entered")


def test_on_databricks_the_way_back_is_the_workspaces_own(connection):
    connection.tracking_uri = "https://dbc-1.cloud.databricks.com"
    page = page_of(connection, "77", "tr-1")
    assert page == "https://dbc-1.cloud.databricks.com/ml/experiments/77/traces?selectedEvaluationId=tr-1"
