"""The views that save what is said of an answer; that they can be used stands in tests/e2e."""

from __future__ import annotations

import uuid

import pytest

from chat import judging
from chat.judged import judgings_of
from chat.models import EndpointQuestion, Judgement, Turn
from labeling.models import LabelSchema
from traces.models import Assessment

HTMX = {"HX-Request": "true"}


@pytest.fixture
def turn(make_turn) -> Turn:
    return make_turn()


@pytest.fixture
def url(turn) -> str:
    return f"/chat/turns/{turn.pk}/"


@pytest.fixture
def helpful(endpoint, claims) -> LabelSchema:
    """What is asked of the conversation as a whole."""
    schema = LabelSchema.objects.ask(
        experiment=claims, name="helpful", type="feedback", title="Were you helped?", input={"pass_fail": {}}
    )
    about = EndpointQuestion.About.CONVERSATION
    EndpointQuestion.objects.create(endpoint=endpoint, schema=schema, about=about, position=1)
    return schema


def sent(questions: dict[str, LabelSchema], **more: str) -> dict[str, str]:
    """A form as the page sends it; `name=value` answers a question, any other key is a field."""
    data = {f"version-{schema.pk}": "1" for schema in questions.values()}
    for name, value in more.items():
        data[f"answer-{questions[name].pk}" if name in questions else name] = value
    return data


def said() -> dict[str, object]:
    return {each.name: each.value for each in Assessment.objects.valid()}


def test_a_click_saves_and_a_second_one_takes_it_back(url, alice, client_of):
    client = client_of(alice)
    pressed = client.post(f"{url}judge/", {"thumb": "bad"}, headers=HTMX)
    assert (pressed.status_code, said()) == (200, {"thumbs": False})
    assert "<html" not in pressed.text

    client.post(f"{url}judge/", {"thumb": "none"}, headers=HTMX)
    assert said() == {}


def test_a_plain_form_saves_and_goes_back_to_the_answer(url, turn, alice, client_of):
    client = client_of(alice, enforce_csrf_checks=True)
    token = str(client.get(f"{url}judging/").context["csrf_token"])
    response = client.post(f"{url}judge/", {"thumb": "good", "csrfmiddlewaretoken": token})

    assert (response.status_code, response.url) == (302, f"/chat/{turn.conversation_id}/#turn-{turn.pk}")
    assert said() == {"thumbs": True}


def test_without_the_token_nothing_is_saved(url, alice, client_of):
    response = client_of(alice, enforce_csrf_checks=True).post(f"{url}judge/", {"thumb": "good"})

    assert response.status_code == 403
    assert said() == {}


def test_thumb_comment_and_answers_go_in_one_form(url, questions, alice, client_of):
    client = client_of(alice)
    client.post(f"{url}judge/", sent(questions, thumb="bad", correct="false"), headers=HTMX)
    shown = client.post(
        f"{url}judge/", sent(questions, correct="false", problem="Unsafe", comment=" No. "), headers=HTMX
    )

    assert said() == {"thumbs": False, "correct": False, "problem": "Unsafe"}
    assert Assessment.objects.valid().get(name="thumbs").rationale == "No."
    assert "Saved" in shown.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_wrong_is_422_with_the_text_and_the_rest_is_saved(url, questions, alice, client_of, headers):
    note = "Longer than this question takes."
    data = sent(questions, thumb="good", correct="true", note=note)
    response = client_of(alice).post(f"{url}judge/", data, headers=headers)

    assert response.status_code == 422
    assert note in response.text
    assert said() == {"thumbs": True, "correct": True}


def test_a_comment_too_long_is_422_and_stays_on_the_page(url, turn, alice, client_of):
    judging.thumb(turn, alice, True)
    long = "x" * 10_001
    response = client_of(alice).post(f"{url}judge/", {"comment": long}, headers=HTMX)

    assert response.status_code == 422
    assert long in response.text
    assert "too long" in response.text


def test_a_needed_answer_may_come_later(url, questions, alice, client_of):
    response = client_of(alice).post(f"{url}judge/", sent(questions, note="Later."), headers=HTMX)

    assert response.status_code == 200
    assert said() == {"note": "Later."}


def test_a_question_that_changed_meanwhile_is_422(url, questions, alice, client_of):
    questions["correct"].revise(title="Is it right?")
    response = client_of(alice).post(f"{url}judge/", sent(questions, correct="true"), headers=HTMX)

    assert response.status_code == 422
    assert "was changed while you were answering" in response.text


def test_a_better_answer_starts_from_the_answer_and_is_saved_and_taken_back(url, alice, client_of):
    client = client_of(alice)
    assert "Yes, you **are**." in client.get(f"{url}judging/").text

    client.post(f"{url}better/", {"better": "No, you\r\nare not."}, headers=HTMX)
    assert said() == {"expected_response": "No, you\nare not."}
    assert "are not." in client.get(f"{url}judging/").text

    client.post(f"{url}better/", {"better": "No", "withdraw": "1"})
    assert said() == {}


def test_a_better_answer_too_long_is_422(url, alice, client_of):
    response = client_of(alice).post(f"{url}better/", {"better": "x" * 200_001}, headers=HTMX)

    assert (response.status_code, said()) == (422, {})


def test_an_answer_that_is_still_written_can_not_be_judged(make_turn, alice, client_of):
    running = make_turn(state="running", ended_at=None)
    client = client_of(alice)
    for verb, data in (("judge", {"thumb": "good"}), ("better", {"better": "x"})):
        response = client.post(f"/chat/turns/{running.pk}/{verb}/", data, headers=HTMX)
        assert response.status_code == 409
        assert "no finished answer" in response.text


def test_the_conversation_is_judged_as_a_whole(turn, helpful, conversation, alice, client_of):
    client = client_of(alice)
    url = f"/chat/{conversation.pk}/judge/"
    answer = {f"version-{helpful.pk}": "1", f"answer-{helpful.pk}": "true"}
    assert client.post(url, answer, headers=HTMX).status_code == 200
    assert said() == {"helpful": True}
    assert client.post(url, answer).url == f"/chat/{conversation.pk}/#judging-conversation"
    assert "Were you helped?" in client.get(f"/chat/{conversation.pk}/judging/").text
    wrong = client.post(url, {**answer, f"answer-{helpful.pk}": "perhaps"}, headers=HTMX)
    assert (wrong.status_code, said()) == (422, {"helpful": True})


def test_an_empty_conversation_can_not_be_judged(helpful, conversation, alice, client_of):
    answer = {f"version-{helpful.pk}": "1", f"answer-{helpful.pk}": "true"}

    assert client_of(alice).post(f"/chat/{conversation.pk}/judge/", answer).status_code == 409


def test_who_may_read_sees_who_said_what_and_no_form(url, turn, questions, alice, dana, client_of):
    judging.thumb(turn, alice, False)
    judging.comment(turn, alice, "Ignores 3.9.")
    client_of(alice).post(f"{url}judge/", sent(questions, correct="false", problem="Made up"))
    page = client_of(dana).get(f"{url}judging/")

    for words in ("Alice Weber", "Bad", "Ignores 3.9.", "Made up"):
        assert words in page.text
    assert "data-thumb" not in page.text
    for verb in ("judge", "better"):
        assert client_of(dana).post(f"{url}{verb}/", {"thumb": "good", "better": "x"}).status_code == 403


def test_a_stranger_gets_404(url, turn, stranger, client_of):
    client = client_of(stranger)
    assert client.get(f"{url}judging/").status_code == 404
    for path in (f"{url}judge/", f"{url}better/", f"/chat/{turn.conversation_id}/judge/"):
        assert client.post(path, {"thumb": "good", "better": "x"}).status_code == 404
    assert client.post(f"/chat/turns/{uuid.uuid4()}/judge/", {"thumb": "good"}).status_code == 404
    assert not Judgement.objects.exists()


def test_nobody_is_sent_to_sign_in(url, turn, client):
    for path in (f"{url}judge/", f"{url}better/", f"/chat/{turn.conversation_id}/judge/"):
        assert client.post(path).url.startswith("/accounts/sign-in/")


def test_wrong_methods_are_405(url, turn, alice, client_of):
    client = client_of(alice)
    for path in (f"{url}judge/", f"{url}better/", f"/chat/{turn.conversation_id}/judge/"):
        assert client.get(path).status_code == 405
    assert client.post(f"{url}judging/").status_code == 405


def test_hostile_words_are_drawn_as_words(url, turn, alice, dana, client_of):
    judging.thumb(turn, alice, True)
    judging.comment(turn, alice, "<script>alert(1)</script>")
    judging.better_answer(turn, alice, "</textarea><img src=x onerror=alert(1)>")

    for person in (alice, dana):
        page = client_of(person).get(f"{url}judging/").text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_queries_do_not_grow_with_the_turns(make_turn, conversation, questions, alice, django_assert_num_queries):
    turns = [make_turn(str(number)) for number in range(5)]
    for turn in turns:
        turn.conversation = conversation
        judging.thumb(turn, alice, True)
    with django_assert_num_queries(2):
        judgings = judgings_of(turns, alice)
    assert all(judging.thumb for judging in judgings.values())
