from __future__ import annotations

import re
from uuid import uuid4

import pytest

from chat import comparing
from chat.models import Comparison, Round, Turn
from traces.models import Assessment

TELLING = ["Claims assistant", "v2.3", "v2.4", "claims-1", "claims-2", "127.0.0.1:9"]


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def judge(client, round_: Round, verdict: str, **headers: str):
    return client.post(f"/chat/compare/rounds/{round_.pk}/judge/", {"verdict": verdict}, headers=headers)


def test_a_pair_is_chosen_and_begun(endpoint, rival, alice, client_of):
    client = client_of(alice)
    assert "Claims assistant v2.4" in client.get("/chat/compare/").text

    response = client.post("/chat/compare/new/", {"first": endpoint.pk, "second": rival.pk})

    made = Comparison.objects.get()
    assert response.url == made.get_absolute_url()
    assert (made.user, made.first.endpoint, made.second.endpoint) == (alice, endpoint, rival)


def test_a_conversation_brings_its_endpoint_and_first_message(
    endpoint, rival, conversation, make_turn, alice, client_of
):
    make_turn("Is hail covered?")
    client = client_of(alice)

    page = client.get("/chat/compare/", {"from": conversation.pk})
    assert f'<option value="{endpoint.pk}" selected>' in page.text
    assert "Is hail covered?" in page.text
    response = client.post(
        "/chat/compare/new/", {"first": endpoint.pk, "second": rival.pk, "message": "Is hail covered?"}
    )

    assert "Is hail covered?</textarea>" in client.get(response.url).text


def test_two_different_ones_are_needed(endpoint, rival, alice, client_of):
    response = client_of(alice).post("/chat/compare/new/", {"first": endpoint.pk, "second": endpoint.pk})

    assert response.status_code == 422
    assert "Choose two different ones" in response.text
    assert not Comparison.objects.exists()


def test_only_endpoints_that_one_may_chat_with_are_compared(endpoint, rival, alice, client_of):
    rival.people.clear()
    client = client_of(alice)

    assert "It takes two" in client.get("/chat/compare/").text
    assert client.post("/chat/compare/new/", {"first": endpoint.pk, "second": rival.pk}).status_code == 422


def test_one_message_makes_a_round(comparison, alice, client_of):
    left, right = uuid4(), uuid4()
    address = f"/chat/compare/{comparison.pk}/ask/"

    responses = [client_of(alice).post(address, {"message": "Hail?", "left": left, "right": right}) for _ in range(2)]

    made = Round.objects.get()
    assert {made.first_turn_id, made.second_turn_id} == {left, right}
    assert {each.url for each in responses} == {f"{comparison.get_absolute_url()}#round-{made.pk}"}


def test_an_empty_message_is_refused_with_the_page(comparison, alice, client_of):
    response = client_of(alice).post(f"/chat/compare/{comparison.pk}/ask/", {"message": "  "})

    assert response.status_code == 422
    assert "Write something first." in response.text


def test_while_they_answer_the_next_message_is_refused_and_kept(comparison, alice, client_of):
    comparing.ask(comparison, message="?", left=uuid4(), right=uuid4())

    response = client_of(alice).post(f"/chat/compare/{comparison.pk}/ask/", {"message": "And hail?"})

    assert response.status_code == 422
    assert "And hail?</textarea>" in response.text
    assert Round.objects.count() == 1


def test_who_may_no_longer_chat_with_both_may_read_but_not_ask(comparison, make_round, rival, alice, client_of):
    make_round()
    rival.people.clear()
    client = client_of(alice)

    page = client.get(comparison.get_absolute_url())
    assert "Yes, <strong>covered</strong>." in page.text
    assert "one of the two is no longer there" in page.text
    assert client.post(f"/chat/compare/{comparison.pk}/ask/", {"message": "?"}).status_code == 403


@pytest.mark.parametrize("state", ["running", "complete", "failed"])
@pytest.mark.parametrize("as_manager", [False, True])
def test_before_the_verdict_the_page_tells_nobodys_name(comparison, make_round, alice, client_of, state, as_manager):
    """Not in texts, addresses, attributes or ids; nor what would tell: model, time taken, trace, conversation."""
    if as_manager:
        alice.role = "manager"
        alice.save()
    failure = {"kind": "failed", "fault": "broken", "detail": "claims-1 at 127.0.0.1:9 is down"}
    made = make_round(state=state, model="claims-1", first_text_ms=1234, failure=failure if state == "failed" else {})

    client = client_of(alice)
    html = client.get(comparison.get_absolute_url()).text + client.get(f"/chat/compare/rounds/{made.pk}/").text

    hidden = [*TELLING, str(comparison.first_id), str(comparison.second_id), str(comparison.first.endpoint_id), "1.2 s"]
    assert [word for word in hidden if word in html] == []
    assert "/traces/" not in html
    assert "Left" in html


def test_the_verdict_shows_whose_the_answers_are(comparison, make_round, alice, client_of):
    made = make_round(first_is_left=False, model="claims-1")

    response = judge(client_of(alice), made, "right", hx_request="true")

    assert response.status_code == 200
    assert response.text.index("Claims assistant v2.4") < response.text.index("Claims assistant v2.3")  # left one first
    assert "Right Claims assistant v2.3 Better" in words_of(response)
    assert Round.objects.get().choice == Round.Choice.FIRST
    assert sorted(Assessment.objects.values_list("value", flat=True)) == ["better", "worse"]


def test_without_script_a_verdict_leads_back_to_its_round(comparison, make_round, alice, client_of):
    made = make_round()

    response = judge(client_of(alice), made, "tie")

    assert response.url == f"{comparison.get_absolute_url()}#round-{made.pk}"


def test_the_names_of_one_round_do_not_show_in_the_next(comparison, make_round, alice, client_of):
    """The page holds names then, but nothing that ties an answer of the new round to one of the old."""
    comparing.judge(make_round(), "left")
    made = make_round("Second talk.", "Other talk.")

    html = client_of(alice).get(f"/chat/compare/rounds/{made.pk}/").text
    page = client_of(alice).get(comparison.get_absolute_url()).text

    assert [word for word in TELLING if word in html] == []
    assert str(comparison.first_id) not in page


def test_a_verdict_can_be_changed(make_round, alice, client_of):
    made = make_round()
    client = client_of(alice)
    judge(client, made, "left")

    response = judge(client, made, "both_bad", hx_request="true")

    assert re.search(r'value="both_bad" aria-pressed="true"', response.text)
    assert "What is wrong?" in response.text
    assert set(Assessment.objects.filter(valid=True).values_list("value", flat=True)) == {"both bad"}


def test_an_unknown_verdict_is_refused(make_round, alice, client_of):
    assert judge(client_of(alice), make_round(), "middle").status_code == 422
    assert Round.objects.get().choice == ""


def test_reasons_and_a_comment_are_kept(make_round, alice, client_of):
    made = make_round()
    comparing.judge(made, "left")

    said = {"reasons": ["clearer"], "comment": "<b>Short</b>"}
    address = f"/chat/compare/rounds/{made.pk}/why/"
    response = client_of(alice).post(address, said, headers={"hx-request": "true"})

    made.refresh_from_db()
    assert (made.reasons, made.comment) == (["clearer"], "<b>Short</b>")
    assert "&lt;b&gt;Short" in response.text
    assert Assessment.objects.filter(valid=True).first().rationale == "Clearer\n<b>Short</b>"


def test_reasons_of_another_verdict_are_refused(make_round, alice, client_of):
    made = make_round()
    comparing.judge(made, "both_bad")

    response = client_of(alice).post(f"/chat/compare/rounds/{made.pk}/why/", {"reasons": ["clearer"]})

    assert response.status_code == 422
    assert Round.objects.get().reasons == []


def test_why_comes_after_the_verdict(make_round, alice, client_of):
    made = make_round()

    assert client_of(alice).post(f"/chat/compare/rounds/{made.pk}/why/", {"comment": "x"}).status_code == 403


def test_a_round_that_named_its_maker_says_that_it_is_not_counted(make_round, alice, client_of):
    response = judge(client_of(alice), make_round("I am v2.3."), "left", hx_request="true")

    assert "not judged blind" in response.text


def test_what_is_typed_is_kept_until_it_is_sent(comparison, alice, client_of):
    client, address = client_of(alice), comparison.get_absolute_url()

    assert client.post(f"{address}draft/", {"message": "And if hail"}).status_code == 204
    assert "And if hail</textarea>" in client.get(address).text
    client.post(f"{address}ask/", {"message": "And if hail broke the roof?"})
    assert "</textarea>" in client.get(address).text
    assert "And if hail</textarea>" not in client.get(address).text


def test_both_are_stopped(comparison, alice, client_of):
    comparing.ask(comparison, message="?", left=uuid4(), right=uuid4())

    response = client_of(alice).post(f"/chat/compare/{comparison.pk}/stop/")

    assert response.url == comparison.get_absolute_url()
    assert Turn.objects.exclude(stop_asked_at=None).count() == 2


def test_the_list_says_what_waits_for_a_verdict(comparison, make_round, alice, client_of):
    make_round()
    comparing.judge(make_round(), "tie")
    comparing.begin(alice, comparison.second.endpoint, comparison.first.endpoint)

    words = words_of(client_of(alice).get("/chat/compare/"))

    assert "Claims assistant v2.3 and Claims assistant v2.4" in words
    assert "1 to judge" in words
    assert "Nothing asked yet" in words


@pytest.mark.parametrize("who", ["bob", "mallory"])
def test_a_comparison_is_its_persons_alone(comparison, make_round, who, client_of, request):
    made = make_round()
    client = client_of(request.getfixturevalue(who))

    assert client.get(comparison.get_absolute_url()).status_code == 404
    assert client.get(f"/chat/compare/rounds/{made.pk}/").status_code == 404
    assert client.post(f"/chat/compare/{comparison.pk}/ask/", {"message": "?"}).status_code == 404
    assert client.post(f"/chat/compare/{comparison.pk}/stop/").status_code == 404
    assert client.post(f"/chat/compare/{comparison.pk}/draft/", {"message": "?"}).status_code == 404
    assert judge(client, made, "left").status_code == 404
    assert client.post(f"/chat/compare/rounds/{made.pk}/why/", {}).status_code == 404


def test_nothing_is_changed_by_reading(comparison, make_round, alice, client_of):
    made = make_round()
    client = client_of(alice)

    for name in ("judge", "why"):
        assert client.get(f"/chat/compare/rounds/{made.pk}/{name}/").status_code == 405
    for name in ("ask", "stop"):
        assert client.get(f"/chat/compare/{comparison.pk}/{name}/").status_code == 405


def test_hostile_answers_stay_text(make_round, comparison, alice, client_of):
    make_round("<script>alert(1)</script><img src=x onerror=alert(1)>")

    html = client_of(alice).get(comparison.get_absolute_url()).text

    assert "<script>alert" not in html
    assert "<img src=x" not in html


@pytest.mark.parametrize("as_manager", [False, True])
def test_until_the_verdict_there_is_no_other_way_to_an_answer(comparison, make_round, alice, client_of, as_manager):
    """The pages of a conversation name its endpoint; they are there once nothing is to be judged any more."""
    if as_manager:
        alice.role = "manager"
        alice.save()
    made = make_round()
    client = client_of(alice)
    addresses = [
        comparison.first.get_absolute_url(),
        f"{comparison.first.get_absolute_url()}export.jsonl",
        f"/chat/turns/{made.second_turn_id}/",
        f"/chat/turns/{made.first_turn_id}/made/",
    ]

    assert {client.get(address).status_code for address in addresses} == {404}
    comparing.judge(made, "tie")
    assert {client.get(address).status_code for address in addresses} == {200}


def test_a_comparison_is_archived_and_brought_back(comparison, alice, client_of):
    client = client_of(alice)
    assert client.get("/chat/compare/").text.count(comparison.get_absolute_url()) == 1

    response = client.post(f"/chat/compare/{comparison.pk}/archive/")
    assert response.url == "/chat/compare/"
    listed = client.get("/chat/compare/").text
    assert comparison.get_absolute_url() not in listed
    assert 'href="?archived=1"' in listed
    assert comparison.get_absolute_url() in client.get("/chat/compare/?archived=1").text

    response = client.post(f"/chat/compare/{comparison.pk}/restore/")
    assert response.url == comparison.get_absolute_url()
    assert comparison.get_absolute_url() in client.get("/chat/compare/").text
    assert comparison.get_absolute_url() not in client.get("/chat/compare/?archived=1").text


@pytest.mark.parametrize("deed", ["archive", "restore"])
def test_nobody_archives_anothers_comparison(comparison, mallory, client_of, deed):
    assert client_of(mallory).post(f"/chat/compare/{comparison.pk}/{deed}/").status_code == 404
