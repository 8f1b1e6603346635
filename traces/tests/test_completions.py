from __future__ import annotations

import pytest

from traces.models import Assessment


@pytest.fixture
def known(make_trace):
    trace = make_trace(1, name="answer", tags={"env": "prod", "two words": "x"}, metadata={"model": "m1"})
    for name, value in [("correct", True), ("tone of voice", "warm")]:
        Assessment.objects.create(
            trace=trace, kind="feedback", name=name, value=value, source_type="HUMAN", source_id="a@example.org"
        )
    return trace


@pytest.mark.parametrize(
    ("text", "start", "has", "has_not"),
    [
        ("", 0, "status", "AND"),
        ("sta", 0, "status", "name"),
        ("feedback.", 0, "feedback.correct", "status"),
        ("feedback.to", 0, "feedback.`tone of voice`", "feedback.correct"),
        ("tag.", 0, "tag.env", "tag.model"),
        ("metadata.m", 0, "metadata.model", "tag.env"),
        ("status ", 7, "=", ">"),
        ("timestamp ", 10, ">", "LIKE"),
        ("tag.env IS ", 11, "NOT NULL", "LIKE"),
        ("status = ", 9, "'ERROR'", "status"),
        ("status = 'E", 9, "'ERROR'", "'OK'"),
        ("status IN (", 11, "'OK'", "status"),
        ("status IN ('OK' ", 16, ",", "'ERROR'"),
        ("name = ", 7, "'answer'", "'OK'"),
        ("feedback.correct = ", 19, "'true'", "'warm'"),
        ("tag.env = ", 10, "'prod'", "'x'"),
        ("experiment_id = ", 16, "claims", "'claims'"),
        ("span.type = 'T", 12, "'TOOL'", "'LLM'"),
        ("status = 'OK' ", 14, "AND", "status"),
        ("status = 'OK' AND ", 18, "name", "AND"),
        ("status = 'OK' AND name = 'a", 25, "'answer'", "name"),
        ("tag.env IS NULL ", 16, "AND", "="),
    ],
)
def test_what_can_stand_there_is_offered(client_of, dana, known, text, start, has, has_not):
    found = client_of(dana).get("/traces/completions/", {"filter": text, "caret": len(text)}).json()

    labels = [option["label"] for option in found["options"]]
    assert (found["start"], found["end"]) == (start, len(text))
    assert any(has in label for label in labels)
    assert has_not not in labels


def test_the_caret_may_stand_in_the_middle(client_of, dana, known):
    found = client_of(dana).get("/traces/completions/", {"filter": "sta = 'OK'", "caret": "3"}).json()
    assert (found["start"], found["end"]) == (0, 3)
    assert found["options"][0]["text"] == "status "


@pytest.mark.parametrize("asked", [{}, {"filter": "'", "caret": "x"}, {"filter": "((((", "caret": "99999"}])
def test_nonsense_is_no_error(client_of, dana, known, asked):
    assert client_of(dana).get("/traces/completions/", asked).status_code == 200


def test_experts_get_404(client_of, alice):
    assert client_of(alice).get("/traces/completions/").status_code == 404


def test_nobody_is_sent_to_sign_in(client, db):
    assert client.get("/traces/completions/").status_code == 302


def test_it_is_only_read(client_of, dana):
    assert client_of(dana).post("/traces/completions/").status_code == 405
