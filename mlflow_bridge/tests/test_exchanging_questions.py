"""Questions of a real server and ours: shown what would change, then taken or given, and nothing else."""

from __future__ import annotations

import re

import httpx
import pytest

from labeling.models import LabelSchema
from mlflow_bridge.pulling.models import RemoteExperiment
from traces.models import Experiment

PASS_FAIL = {"pass_fail": {"positive_label": "Yes", "negative_label": "No"}}


@pytest.fixture
def room(pulling, there) -> RemoteExperiment:
    claims = Experiment.objects.create(name="claims")
    return RemoteExperiment.objects.create(connection=pulling, remote_id=there, name="claims", experiment=claims)


@pytest.fixture
def theirs(mlflow_server, there):
    """Return a function: make a label schema there."""

    def make(name: str, **schema) -> str:
        told = {"experiment_id": there, "name": name, "type": "FEEDBACK", "input": PASS_FAIL} | schema
        made = mlflow_server.post("3.0/mlflow/label-schemas/create", **told)
        return str(made["label_schema"]["schema_id"])

    return make


@pytest.fixture
def on_the_server(mlflow_server, there):
    def listed() -> dict[str, dict]:
        path = f"{mlflow_server.url}/api/3.0/mlflow/label-schemas/list"
        found = httpx.get(path, params={"experiment_id": there}, timeout=60).json()
        return {each["name"]: each for each in found["label_schemas"] if not each["is_default"]}

    return listed


@pytest.fixture
def press(client_of, mallory, room):
    """Return a function: press the button of a direction, as the page shows it now; it returns what comes then."""
    path = f"/settings/mlflow/{room.connection_id}/questions/{room.pk}/"
    client = client_of(mallory)

    def send(direction: str) -> str:
        page = client.get(path).content.decode()
        form = page.partition(f'data-testid="plan-{direction}"')[2]
        digest = re.search(r'name="digest" value="([0-9a-f]+)"', form)[1]
        return client.post(path, {"direction": direction, "digest": digest}, follow=True).content.decode()

    send.page = lambda: client.get(path).content.decode()
    send.post = lambda **form: client.post(path, form)
    return send


def ask(room: RemoteExperiment, name: str, config: dict, **words) -> LabelSchema:
    given = {"type": "feedback", "title": name, "input": config} | words
    return LabelSchema.objects.ask(experiment=room.experiment, name=name, **given)


def test_theirs_become_questions_of_the_library(room, theirs, press, mallory):
    theirs("is_right", instruction="Is it right?", enable_comment=True)
    theirs("facts", type="EXPECTATION", input={"text": {"max_length": 500}})
    assert "new" in press.page()
    assert not LabelSchema.objects.exists()
    assert "2 questions were taken over." in press("take")
    facts, right = LabelSchema.objects.select_related("current").order_by("name")
    assert (right.type, right.current.instruction, right.current.enable_comment) == ("feedback", "Is it right?", True)
    assert right.current.input == PASS_FAIL
    assert (facts.type, right.created_by) == ("expectation", mallory)
    assert "There is nothing to do." in press.page()


def test_changed_words_there_become_a_new_version_here(mlflow_server, room, theirs, press):
    ask(room, "tone", {"categorical": {"options": ["kind", "rude"]}}, title="How is the tone?", instruction="Listen.")
    theirs("tone", input={"categorical": {"options": ["kind", "rude", "cold"]}}, instruction="Listen well.")
    assert "instruction, possible answers" in press.page()
    press("take")
    words = LabelSchema.objects.get().current
    assert (words.title, words.instruction, words.number) == ("How is the tone?", "Listen well.", 2)
    assert words.input["categorical"]["options"] == ["kind", "rude", "cold"]


def test_another_kind_of_answer_stays_and_is_said(room, theirs, press):
    ask(room, "score", {"rating": {"min": 1, "max": 5}})
    theirs("score", input={"text": {}})
    assert "asks for another kind of answer" in press.page()


def test_ours_become_label_schemas_there_and_come_back_the_same(room, press, on_the_server):
    ask(room, "score", {"rating": {"min": 1, "max": 5, "min_label": "bad", "max_label": "good"}}, title="How good?")
    ask(room, "many", {"categorical": {"options": [f"option {number}" for number in range(12)]}})
    page = press.page()
    assert "has more options than MLflow takes" in page
    assert "1 question was given to the server." in press("give")
    there = on_the_server()
    assert there["score"]["input"] == {"numeric": {"min_value": 1.0, "max_value": 5.0}}
    assert there["score"]["instruction"] == "How good?"
    assert press.page().count("There is nothing to do.") == 2


def test_a_changed_question_is_changed_there(room, press, on_the_server):
    schema = ask(room, "right", PASS_FAIL)
    press("give")
    schema.revise(enable_comment=True, instruction="Look twice.")
    press("give")
    assert (on_the_server()["right"]["instruction"], on_the_server()["right"]["enable_comment"]) == (
        "Look twice.",
        True,
    )


def test_only_what_was_shown_is_done(room, theirs, press):
    theirs("right")
    answer = press.post(direction="take", digest="0" * 64)
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.content.decode()
    assert not LabelSchema.objects.exists()


def test_a_dead_server_is_said(client_of, mallory, room):
    room.connection.tracking_uri = "http://127.0.0.1:9"
    room.connection.save()
    answer = client_of(mallory).get(f"/settings/mlflow/{room.connection_id}/questions/{room.pk}/")
    assert answer.status_code == 502
    assert "The server does not answer" in answer.content.decode()


@pytest.mark.parametrize("person", ["alice", "dana"])
def test_for_anybody_else_the_page_does_not_exist(client_of, person, request, room):
    client = client_of(request.getfixturevalue(person))
    path = f"/settings/mlflow/{room.connection_id}/questions/{room.pk}/"
    assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)


def test_the_form_needs_its_token(client_of, mallory, room):
    client = client_of(mallory, enforce_csrf_checks=True)
    assert client.post(f"/settings/mlflow/{room.connection_id}/questions/{room.pk}/").status_code == 403
