from __future__ import annotations

import re

import pytest

from chat import comparing
from chat.models import Round


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


@pytest.fixture
def judged(make_round) -> list[Round]:
    rounds = [make_round(first_is_left=n % 2 == 0, message=f"Question {n}") for n in range(6)]
    for made, verdict in zip(rounds, ["left", "right", "left", "tie", "both_bad", "left"], strict=True):
        comparing.judge(made, verdict)
    comparing.explain(rounds[0], ["clearer"], "Says it in one line.")
    return rounds


def test_it_shows_win_rates_sides_people_and_reasons(judged, mallory, client_of):
    words = words_of(client_of(mallory).get("/chat/compare/results/"))

    assert "Claims assistant v2.3 against Claims assistant v2.4 6 rounds" in words
    assert "75 % 3 of 4 30–95 %" in words  # z²/n = .96036: (.75 + .48018 ± 1.95996 · √(.046875 + .060023)) / 1.96036
    assert "No winner yet" in words
    assert "1 equally good 1 both bad" in words
    assert "The left answer won 75 % 3 of 4" in words
    assert "Too few rounds to say whether the side matters." in words
    assert "Alice Weber 6 1 1 3 of 4" in words
    assert "Clearer 1" in words


def test_a_clear_winner_is_said(make_round, mallory, client_of):
    for n in range(8):
        comparing.judge(make_round(first_is_left=n % 2 == 0, recorded=False), "left" if n % 2 == 0 else "right")

    words = words_of(client_of(mallory).get("/chat/compare/results/"))

    assert "Claims assistant v2.3 wins more often than chance would let it." in words


def test_a_lean_to_the_left_is_said(make_round, mallory, client_of):
    for n in range(8):
        comparing.judge(make_round(first_is_left=n % 2 == 0, recorded=False), "left")

    words = words_of(client_of(mallory).get("/chat/compare/results/"))

    assert "somebody seems to lean to the left" in words


def test_what_is_not_counted_is_said(make_round, mallory, client_of):
    comparing.judge(make_round("I am v2.3"), "left")
    changed = make_round()
    comparing.judge(changed, "left")
    comparing.judge(changed, "right")

    words = words_of(client_of(mallory).get("/chat/compare/results/"))

    assert "1 round is not counted : an answer named its maker" in words
    assert "1 verdict was changed after the names were shown" in words


def test_every_number_opens_the_rounds_behind_it(judged, mallory, client_of):
    client = client_of(mallory)
    html = client.get("/chat/compare/results/").text

    addresses = {a.replace("&amp;", "&") for a in re.findall(r'href="(/chat/compare/results/rounds/[^"]*)"', html)}

    assert len(addresses) == 12
    for address in addresses:
        assert "No round is like that" not in client.get(address).text, address


def test_rounds_say_what_they_have_in_common(judged, mallory, client_of):
    words = words_of(client_of(mallory).get("/chat/compare/results/rounds/?side=left"))

    assert "3 rounds: the left answer was better" in words
    assert "Question 0 Claims assistant v2.3 (left) better than Claims assistant v2.4 · Alice Weber" in words
    assert "“Says it in one line.”" in words
    assert "Question 3" not in words


def test_an_address_that_fits_nothing_says_so(judged, mallory, client_of):
    response = client_of(mallory).get("/chat/compare/results/rounds/?pair=<b>x</b>&person=nobody")

    assert "No round is like that" in response.text
    assert "<b>x" not in response.text


def test_a_round_is_read_with_both_answers(judged, mallory, client_of):
    response = client_of(mallory).get(f"/chat/compare/results/rounds/{judged[1].pk}/")

    words = words_of(response)
    assert "Left Claims assistant v2.4" in words
    assert "Right Claims assistant v2.3 Better" in words
    assert "Yes, <strong>covered</strong>." in response.text
    assert f"/traces/{judged[1].first_turn.trace_id}/" in response.text


def test_a_round_without_a_verdict_is_nobodys_but_its_persons(make_round, mallory, client_of):
    made = make_round()

    assert client_of(mallory).get(f"/chat/compare/results/rounds/{made.pk}/").status_code == 404


def test_before_anything_is_judged_it_says_what_will_be_here(make_round, mallory, client_of):
    make_round()

    response = client_of(mallory).get("/chat/compare/results/")

    assert "Nothing has been judged side by side yet" in response.text


@pytest.mark.parametrize("who", ["alice", "dana"])
def test_results_are_for_managers(judged, who, client_of, request):
    client = client_of(request.getfixturevalue(who))

    for address in ("", "rounds/", f"rounds/{judged[0].pk}/"):
        assert client.get(f"/chat/compare/results/{address}").status_code == 404


def test_texts_are_not_read_for_counting(judged, mallory, client_of, django_assert_max_num_queries):
    client = client_of(mallory)

    with django_assert_max_num_queries(6):  # session, person, rounds; none for each round
        client.get("/chat/compare/results/")
