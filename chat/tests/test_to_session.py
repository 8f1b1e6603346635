from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from chat import judging, tracing
from chat.models import Conversation, Endpoint
from labeling.drafting import open_draft
from labeling.models import LabelingSession, QuestionSpec
from traces.models import Experiment


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


@pytest.fixture
def answered(make_turn):
    """Return a function: a recorded answer."""

    def make(message: str = "Am I covered?", **fields):
        turn = make_turn(message, **fields)
        tracing.record(turn)
        return turn

    return make


@pytest.fixture
def draft(claims, mallory) -> LabelingSession:
    return LabelingSession.objects.create(experiment=claims, name="Chats of March", created_by=mallory)


def traces_in(session: LabelingSession) -> list[str]:
    return list(session.items.order_by("position").values_list("trace_id", flat=True))


def put(client, **data):
    return client.post("/chat/to-session/put/", data)


def test_one_click_puts_a_conversation_into_a_new_session(answered, conversation, mallory, client_of):
    turns = [answered(f"Question {n}") for n in range(3)]

    response = put(client_of(mallory), conversation=conversation.pk, session="new")

    session = LabelingSession.objects.get()
    assert response.url == f"/labeling/sessions/{session.pk}/setup/"
    assert (session.state, session.created_by, session.experiment) == (
        "draft",
        mallory,
        conversation.endpoint.experiment,
    )
    assert traces_in(session) == [turn.trace_id for turn in turns]


def test_opening_such_a_session_draws_nothing_more(answered, questions, alice, mallory, client_of):
    turn = answered()
    answered("Another one?")
    put(client_of(mallory), turn=turn.pk, session="new")
    session = LabelingSession.objects.get()
    session.set_questions([QuestionSpec(questions["correct"])])
    session.set_reviewers([alice])

    assert open_draft(session) == []

    assert traces_in(session) == [turn.trace_id]


def test_one_answer_goes_into_a_session_there_is(answered, draft, mallory, client_of):
    answered("Before")
    turn = answered("This one")

    response = client_of(mallory).post("/chat/to-session/put/", {"turn": turn.pk, "session": draft.pk}, follow=True)

    assert traces_in(draft) == [turn.trace_id]
    assert "1 answer is now in the session." in response.text


def test_only_the_branch_that_is_shown_is_put(answered, conversation, draft, mallory, client_of):
    first = answered("First")
    other = answered("Other version", parent=None)
    shown = answered("After it")

    put(client_of(mallory), conversation=conversation.pk, session=draft.pk)

    assert traces_in(draft) == [other.trace_id, shown.trace_id]
    assert first.trace_id not in traces_in(draft)


def test_what_is_there_and_what_has_no_record_is_said(answered, make_turn, conversation, draft, mallory, client_of):
    draft.add_traces([answered("There already").trace])
    answered("New")
    make_turn("Not recorded")

    response = client_of(mallory).post(
        "/chat/to-session/put/", {"conversation": conversation.pk, "session": draft.pk}, follow=True
    )

    words = "1 answer is now in the session. 1 was in it before. 1 has no record yet and stays out."
    assert words in words_of(response)


def test_a_running_or_empty_answer_is_no_item(answered, make_turn, conversation, draft, mallory, client_of):
    make_turn("Running", state="running", text="")
    response = put(client_of(mallory), conversation=conversation.pk, session=draft.pk)

    assert response.status_code == 422
    assert "Nothing was put into a session" in response.text
    assert draft.items.count() == 0


def test_a_new_session_is_not_made_for_nothing(make_turn, conversation, mallory, client_of):
    make_turn("Not recorded")

    assert put(client_of(mallory), conversation=conversation.pk, session="new").status_code == 422
    assert not LabelingSession.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"Hail?", "Fire?", "Flood?", "Theft?"}),
        ({"text": "hail"}, {"Hail?"}),
        ({"text": "certainly"}, {"Fire?"}),
        ({"verdict": "down"}, {"Hail?"}),
        ({"verdict": "none"}, {"Flood?", "Theft?"}),
        ({"since": "2026-03-02"}, {"Flood?"}),
        ({"until": "2026-03-01", "since": "2026-03-01"}, {"Theft?"}),
        ({"person": "mallory"}, {"Theft?"}),
        ({"endpoint": "rival"}, set()),
    ],
)
def test_a_filter_finds_answers(answered, endpoint, rival, alice, mallory, client_of, settings, wanted, found):
    settings.TIME_ZONE = "UTC"
    early = datetime(2026, 2, 1, tzinfo=UTC)
    down, up = answered("Hail?", started_at=early), answered("Fire?", text="Most certainly.", started_at=early)
    answered("Flood?", started_at=datetime(2026, 3, 2, 0, 30, tzinfo=UTC))
    hers = Conversation.objects.create(endpoint=endpoint, user=mallory)
    answered("Theft?", conversation=hers, started_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    judging.thumb(down, alice, False)
    judging.thumb(up, alice, True)
    people = {"mallory": mallory.pk, "rival": rival.pk}
    query = {name: people.get(value, value) for name, value in wanted.items()}

    response = client_of(mallory).get("/chat/to-session/", {"experiment": endpoint.experiment_id} | query)

    every = {"Hail?", "Fire?", "Flood?", "Theft?"}
    assert {message for message in every if message in response.text} == found
    number = "No answer is like that" if not found else f"{len(found)} answer"
    assert number in words_of(response)


def test_a_filtered_set_is_put_in_the_order_of_the_talk(answered, endpoint, draft, mallory, client_of):
    turns = [answered(f"Hail {n}?") for n in range(3)]
    answered("Fire?")

    put(client_of(mallory), experiment=endpoint.experiment_id, text="hail", session=draft.pk)

    assert traces_in(draft) == [turn.trace_id for turn in turns]


def test_a_session_of_another_experiment_is_not_offered(answered, draft, mallory, client_of):
    turn = answered()
    other = LabelingSession.objects.create(experiment=Experiment.objects.create(name="other"), name="Elsewhere")
    closed = LabelingSession.objects.create(experiment=draft.experiment, name="Closed one", state="closed")

    page = client_of(mallory).get("/chat/to-session/", {"turn": turn.pk})

    assert "Chats of March" in page.text
    assert "Elsewhere" not in page.text
    assert "Closed one" not in page.text
    for session in (other, closed):
        assert put(client_of(mallory), turn=turn.pk, session=session.pk).status_code == 422


def test_an_impossible_filter_is_refused(answered, endpoint, mallory, client_of):
    answered()
    other = Endpoint.objects.create(name="Other", url="http://x/", experiment=Experiment.objects.create(name="other"))

    days = {"since": "2026-03-02", "until": "2026-03-01"}
    query = {"experiment": endpoint.experiment_id, "endpoint": other.pk} | days
    response = client_of(mallory).get("/chat/to-session/", query)

    assert response.status_code == 422
    assert "go to another experiment" in words_of(response)
    assert "This is before the first day." in response.text
    assert put(client_of(mallory), experiment="x", session="new").status_code == 422


def test_before_anybody_has_chatted_it_says_so(mallory, client_of):
    response = client_of(mallory).get("/chat/to-session/")

    assert response.status_code == 200
    assert "Nobody has chatted yet" in response.text


def test_the_menu_offers_the_sessions_there_are(answered, draft, mallory, client_of):
    turn = answered()

    response = client_of(mallory).get("/chat/to-session/menu/", {"turn": turn.pk})

    assert f'name="turn" value="{turn.pk}"' in response.text
    assert f'value="{draft.pk}"' in response.text
    assert "A new session" in response.text
    assert client_of(mallory).get("/chat/to-session/menu/").status_code == 404


@pytest.mark.parametrize("who", ["alice", "dana"])
def test_it_is_for_who_runs_sessions(answered, draft, who, client_of, request):
    turn = answered()
    client = client_of(request.getfixturevalue(who))

    assert client.get("/chat/to-session/").status_code == 404
    assert client.get("/chat/to-session/menu/", {"turn": turn.pk}).status_code == 404
    assert put(client, turn=turn.pk, session=draft.pk).status_code == 404


@pytest.mark.parametrize("query", [{"turn": "x"}, {"conversation": "00000000-0000-0000-0000-000000000000"}])
def test_an_unknown_conversation_is_not_there(query, mallory, client_of):
    assert client_of(mallory).get("/chat/to-session/", query).status_code == 404


def test_answers_of_comparisons_are_found_and_those_of_batches_are_not(
    make_round, answered, endpoint, mallory, client_of
):
    make_round(message="Compared?")
    answered(
        "Asked by a batch?", conversation=Conversation.objects.create(endpoint=endpoint, user=mallory, is_listed=False)
    )

    page = client_of(mallory).get("/chat/to-session/").text

    assert "Compared?" in page
    assert "Asked by a batch?" not in page


def test_a_conversation_leads_managers_into_sessions(answered, conversation, alice, mallory, client_of):
    turn = answered()
    address = f"/chat/{conversation.pk}/"

    page = client_of(mallory).get(address).text
    assert f"/chat/to-session/menu/?conversation={conversation.pk}" in page
    assert f"/chat/to-session/menu/?turn={turn.pk}" in page
    assert "/chat/to-session/" not in client_of(alice).get(address).text


def test_the_chats_home_leads_managers_on(mallory, alice, client_of):
    assert "/chat/to-session/" in client_of(mallory).get("/chat/").text
    assert "/chat/to-session/" not in client_of(alice).get("/chat/").text
