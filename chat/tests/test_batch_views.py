from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chat import batching
from chat.models import Batch, Turn
from labeling.models import LabelingSession
from traces.models import Experiment


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


@pytest.fixture
def session(claims, mallory) -> LabelingSession:
    return LabelingSession.objects.create(experiment=claims, name="Unanswered", created_by=mallory)


@pytest.fixture
def batch(session, endpoint, mallory, client_of) -> Batch:
    post(client_of(mallory), session, endpoint, text="Hail?\nFire?\nFlood?", go="1")
    return Batch.objects.get()


def post(client, session, endpoint, **data):
    return client.post("/chat/batches/new/", {"session": session.pk, "endpoint": endpoint.pk} | data)


def test_questions_are_looked_at_before_they_are_asked(session, endpoint, mallory, client_of):
    response = post(client_of(mallory), session, endpoint, text='{"question": "Hail?"}\n{nonsense', format="jsonl")

    words = words_of(response)
    assert response.status_code == 200
    assert "1 question · 1 line can’t be read and is left out" in words
    assert "Line 2: This line is no JSON." in words
    assert "Answer 1 question" in words
    assert not Batch.objects.exists()


def test_go_begins(session, endpoint, mallory, client_of):
    response = post(client_of(mallory), session, endpoint, text="Hail?\n\nFire?", go="1")

    made = Batch.objects.get()
    assert response.url == f"/chat/batches/{made.pk}/"
    assert (made.session, made.endpoint, made.created_by) == (session, endpoint, mallory)
    assert [question.messages[0]["content"] for question in made.questions.all()] == ["Hail?", "Fire?"]


def test_a_file_comes_into_the_text_to_be_mended(session, endpoint, mallory, client_of):
    file = SimpleUploadedFile("q.csv", "id,question,expected_response\n1,Hail?,Yes".encode("utf-8-sig"))

    response = post(client_of(mallory), session, endpoint, file=file)

    assert "1,Hail?,Yes</textarea>" in response.text
    assert '<option value="csv" selected>' in response.text
    assert "from the column “question”" in words_of(response)
    assert "expected: expected_response" in words_of(response)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe\x00", "The file is no text in UTF-8."), (b"x" * 2_000_001, "The file is larger than 2 MB.")],
)
def test_a_file_that_cannot_be_taken_is_refused(session, endpoint, mallory, client_of, content, words):
    response = post(client_of(mallory), session, endpoint, file=SimpleUploadedFile("q.txt", content))

    assert response.status_code == 422
    assert words in response.text


@pytest.mark.parametrize(
    ("data", "words"), [({}, "Write or paste a question"), ({"text": "{", "format": "jsonl", "go": "1"}, "no JSON")]
)
def test_without_a_question_nothing_begins(session, endpoint, mallory, client_of, data, words):
    response = post(client_of(mallory), session, endpoint, **data)

    assert response.status_code == 422
    assert words in response.text
    assert not Batch.objects.exists()


def test_session_and_endpoint_are_of_one_experiment(endpoint, mallory, client_of):
    other = LabelingSession.objects.create(experiment=Experiment.objects.create(name="other"), name="Elsewhere")

    response = post(client_of(mallory), other, endpoint, text="Hail?", go="1")

    assert response.status_code == 422
    assert "Its answers go to the experiment “claims”" in response.text


def test_a_closed_session_takes_no_more(session, endpoint, mallory, client_of):
    session.state = "closed"
    session.save()

    assert post(client_of(mallory), session, endpoint, text="Hail?", go="1").status_code == 422


def test_the_way_from_a_session_is_prepared(session, endpoint, mallory, client_of):
    response = client_of(mallory).get("/chat/batches/new/", {"session": session.pk})

    assert f'<option value="{session.pk}" selected>' in response.text


def test_progress_and_failures_are_shown(batch, mallory, client_of):
    for state, text in (("complete", "Yes."), ("failed", "")):
        _, turn_id = batching.ask_next(batch.pk, ())
        failure = {"kind": "failed", "fault": "busy"} if state == "failed" else {}
        Turn.objects.filter(pk=turn_id).update(state=state, text=text, failure=failure)

    for address in (f"/chat/batches/{batch.pk}/", f"/chat/batches/{batch.pk}/progress/"):
        response = client_of(mallory).get(address)
        words = words_of(response)
        assert "1 of 3 answered · 1 waiting · 1 failed" in words
        assert "Without an answer Fire?" in words
        assert "Go on" in words
        assert "every 1500ms" not in response.text


def test_while_it_works_the_page_asks_again(batch, mallory, client_of):
    batching.ask_next(batch.pk, ())

    response = client_of(mallory).get(f"/chat/batches/{batch.pk}/progress/")

    assert "every 1500ms" in response.text
    assert "Hold" in response.text


def test_all_done_leads_to_the_session(batch, session, mallory, client_of):
    while asked := batching.ask_next(batch.pk, ()):
        Turn.objects.filter(pk=asked[1]).update(state="complete", text="Yes.")

    response = client_of(mallory).get(f"/chat/batches/{batch.pk}/")

    assert f'href="/labeling/sessions/{session.pk}/setup/"' in response.text


def test_going_on_lets_go_of_what_a_process_took_with_it(batch, mallory, client_of):
    _, turn_id = batching.ask_next(batch.pk, ())
    Turn.objects.filter(pk=turn_id).update(heartbeat_at=batch.created_at.replace(year=2020))

    assert "0 of 3 answered · 3 waiting" in words_of(client_of(mallory).get(f"/chat/batches/{batch.pk}/"))
    response = client_of(mallory).post(f"/chat/batches/{batch.pk}/go-on/")

    assert response.url == f"/chat/batches/{batch.pk}/"
    assert Turn.objects.get(pk=turn_id).state == "interrupted"
    assert batching.to_ask(batch.pk).count() == 3


def test_one_is_tried_again(batch, mallory, client_of):
    question, turn_id = batching.ask_next(batch.pk, ())
    client, address = client_of(mallory), f"/chat/batches/{batch.pk}/questions/{question}/retry/"
    Turn.objects.filter(pk=turn_id).update(state="failed")

    client.post(address)

    assert batch.questions.get(pk=question).turn_id != turn_id
    assert "needs no other try" in client.post(address, follow=True).text


def test_a_batch_can_be_held(batch, mallory, client_of):
    assert client_of(mallory).post(f"/chat/batches/{batch.pk}/hold/").status_code == 302


def test_the_list_says_how_far_each_is(batch, mallory, client_of):
    assert "Unanswered Claims assistant v2.3 · Mallory Grant" in words_of(client_of(mallory).get("/chat/batches/"))
    assert "0 of 3" in client_of(mallory).get("/chat/batches/").text


def test_before_there_is_one_the_list_says_what_it_is_for(mallory, client_of):
    assert "Questions without answers?" in client_of(mallory).get("/chat/batches/").text


@pytest.mark.parametrize("who", ["alice", "dana"])
def test_batches_are_for_who_runs_sessions(batch, session, endpoint, who, client_of, request):
    client = client_of(request.getfixturevalue(who))
    question = batch.questions.first()

    for address in ("", "new/", f"{batch.pk}/", f"{batch.pk}/progress/"):
        assert client.get(f"/chat/batches/{address}").status_code == 404
    assert post(client, session, endpoint, text="Hail?", go="1").status_code == 404
    for deed in ("go-on", "hold", f"questions/{question.pk}/retry"):
        assert client.post(f"/chat/batches/{batch.pk}/{deed}/").status_code == 404
    assert Batch.objects.count() == 1


def test_nothing_is_changed_by_reading(batch, mallory, client_of):
    for deed in ("go-on", "hold", f"questions/{batch.questions.first().pk}/retry"):
        assert client_of(mallory).get(f"/chat/batches/{batch.pk}/{deed}/").status_code == 405


def test_a_sessions_page_leads_to_its_batch_of_questions(session, mallory, client_of):
    LabelingSession.objects.update(state="open")
    client = client_of(mallory)
    page = client.get(f"/labeling/sessions/{session.pk}/")
    assert f'href="/chat/batches/new/{session.pk}/"' in page.text

    form = client.get(f"/chat/batches/new/{session.pk}/", follow=True)

    assert f'<option value="{session.pk}" selected>' in form.text


def test_only_who_runs_sessions_is_led_there(session, alice, client_of):
    assert client_of(alice).get(f"/chat/batches/new/{session.pk}/").status_code == 404
