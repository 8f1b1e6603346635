from __future__ import annotations

import pytest

from mlflow_bridge.models import Connection, Delivery

FORM = {
    "name": "Team server", "tracking_uri": "https://mlflow.example.org/", "secret": "a-token", "is_on": "on",
    "pull_every_s": "60", "look_back_days": "7", "writes_back": "on",
}  # fmt: skip


@pytest.fixture
def connection(endpoint, mallory) -> Connection:
    connection = Connection(name="Team server", tracking_uri="https://mlflow.example.org")
    connection.set_secret("a-token")
    connection.save()
    connection.endpoints.add(endpoint)
    return connection


def test_a_manager_connects_a_server(client_of, mallory, endpoint):
    client = client_of(mallory)
    assert "Connect a server" in client.get("/settings/mlflow/").content.decode()
    answer = client.post("/settings/mlflow/new/", {**FORM, "endpoints": [endpoint.pk], "experiments": "1, 2"})
    made = Connection.objects.get()
    assert answer.url == f"/settings/mlflow/{made.pk}/"
    assert made.tracking_uri == "https://mlflow.example.org"
    assert (made.experiment_ids, list(made.endpoints.all()), made.created_by) == (["1", "2"], [endpoint], mallory)


def test_the_form_needs_its_token(client_of, mallory, db):
    assert client_of(mallory, enforce_csrf_checks=True).post("/settings/mlflow/new/", FORM).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"tracking_uri": "mlflow.example.org"}, "begins with http"),
        ({"name": ""}, "This field is required"),
        ({"experiments": "1, two"}, "“two” is no experiment’s id"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client_of, mallory, db, wrong, words):
    answer = client_of(mallory).post("/settings/mlflow/new/", {**FORM, **wrong})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Connection.objects.exists()


def test_the_secret_is_kept_when_left_empty_and_never_shown(client_of, mallory, connection):
    client = client_of(mallory)
    client.post(connection.get_absolute_url(), {**FORM, "secret": "", "name": "Renamed"})
    connection.refresh_from_db()
    assert connection.name == "Renamed" and connection.has_secret
    assert "a-token" not in client.get(connection.get_absolute_url()).content.decode()


def test_another_server_does_not_get_the_kept_secret(client_of, mallory, connection):
    moved = {**FORM, "secret": "", "tracking_uri": "https://elsewhere.example.org"}
    answer = client_of(mallory).post(connection.get_absolute_url(), moved)
    assert answer.status_code == 422
    assert "enter its password or token" in answer.content.decode()


def test_a_secret_can_be_taken_away(client_of, mallory, connection):
    client_of(mallory).post(connection.get_absolute_url(), {**FORM, "secret": "", "forget_secret": "on"})
    connection.refresh_from_db()
    assert not connection.has_secret


def test_the_page_says_in_words_what_waits_and_why(client_of, mallory, connection, turn, say):
    say(turn)
    Delivery.objects.update(error="The trace is not on the server yet.")
    connection.note_error("The server does not answer: refused")
    page = client_of(mallory).get(connection.get_absolute_url()).content.decode()
    assert "The trace is not on the server yet." in page
    assert "The server does not answer: refused" in page
    assert "1 is on its way." in page
    assert "in trouble" in client_of(mallory).get("/settings/mlflow/").content.decode()


def test_checking_says_what_the_server_answers(client_of, mallory, connection, mlflow_server):
    connection.tracking_uri = mlflow_server.url
    connection.save()
    answer = client_of(mallory).post(f"{connection.get_absolute_url()}check/", follow=True)
    assert "The server answers. It has" in answer.content.decode()


def test_checking_a_dead_server_says_so(client_of, mallory, connection):
    connection.tracking_uri = "http://127.0.0.1:9"
    connection.save()
    answer = client_of(mallory).post(f"{connection.get_absolute_url()}check/", follow=True)
    assert "The server does not answer" in answer.content.decode()


def test_send_now_lets_what_waits_go(client_of, mallory, connection, turn, say):
    say(turn)
    Delivery.objects.update(state="given_up", attempts=7)
    client_of(mallory).post(f"{connection.get_absolute_url()}deliver/")
    assert Delivery.objects.values_list("state", "attempts").get() == ("waiting", 0)


@pytest.mark.parametrize("person", ["alice", "dana"])
def test_for_anybody_else_the_pages_do_not_exist(client_of, person, request, connection):
    client = client_of(request.getfixturevalue(person))
    for path in ("/settings/mlflow/", "/settings/mlflow/new/", connection.get_absolute_url()):
        assert client.get(path).status_code == 404
    assert client.post(f"{connection.get_absolute_url()}check/").status_code == 404


def test_nobody_is_sent_to_sign_in(client, connection):
    assert client.get("/settings/mlflow/").url.startswith("/accounts/sign-in/")


def test_checking_by_get_is_refused(client_of, mallory, connection):
    assert client_of(mallory).get(f"{connection.get_absolute_url()}check/").status_code == 405
