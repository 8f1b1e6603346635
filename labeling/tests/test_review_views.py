"""The review page's views; that it can be used stands in tests/e2e/test_review_page.py."""

from __future__ import annotations

import json
import re

import pytest

from labeling import claiming
from labeling.models import Review
from labeling.tests.conftest import lapse
from traces.models import Assessment

HTMX = {"HX-Request": "true"}


@pytest.fixture
def review(session, alice) -> Review:
    return claiming.next_review(session, alice)


def answers(review: Review, correct, value: str = "true", **more: str) -> dict[str, str]:
    return {f"answer-{correct.pk}": value, f"version-{correct.pk}": "1", "active_s": "12", **more}


def shown_in(response) -> str:
    """The id of the review that an answer shows."""
    (review_id,) = re.findall(r'data-review="([^"]+)"', response.text)
    return review_id


def test_page_hands_out_an_item_and_gives_the_same_one_again(session, alice, client_of):
    client = client_of(alice)
    first = client.get(f"/labeling/sessions/{session.pk}/review/")
    again = client.get(f"/labeling/sessions/{session.pk}/review/")

    assert first.status_code == 200
    assert shown_in(first) == shown_in(again)
    assert Review.objects.count() == 1


def test_guidelines_are_read_first(session, alice, client_of):
    session.instructions = "# Look at the sources"
    session.save(update_fields=["instructions"])
    client = client_of(alice, enforce_csrf_checks=True)

    page = client.get(f"/labeling/sessions/{session.pk}/review/")
    assert "Look at the sources" in page.text
    assert not Review.objects.exists()

    token = page.context["csrf_token"]
    read = client.post(f"/labeling/sessions/{session.pk}/guidelines-read/", {"csrfmiddlewaretoken": str(token)})
    assert shown_in(client.get(read.url))


def test_plain_form_records_and_goes_on(session, review, alice, correct, client_of):
    client = client_of(alice, enforce_csrf_checks=True)
    token = str(client.get(f"/labeling/sessions/{session.pk}/review/").context["csrf_token"])

    data = answers(review, correct, csrfmiddlewaretoken=token)
    response = client.post(f"/labeling/reviews/{review.pk}/complete/", data)

    assert (response.status_code, response.url) == (302, f"/labeling/sessions/{session.pk}/review/")
    assert Assessment.objects.get().value is True


def test_without_the_token_nothing_is_recorded(review, alice, correct, client_of):
    client = client_of(alice, enforce_csrf_checks=True)

    assert client.post(f"/labeling/reviews/{review.pk}/complete/", answers(review, correct)).status_code == 403
    assert not Assessment.objects.exists()


def test_fragment_brings_the_item_after_the_one_on_the_screen(session, review, alice, correct, client_of):
    shown = claiming.next_review(session, alice, besides={review.pk})
    response = client_of(alice).post(
        f"/labeling/reviews/{review.pk}/complete/", answers(review, correct, showing=str(shown.pk)), headers=HTMX
    )

    assert response.status_code == 200
    assert "<html" not in response.text
    assert shown_in(response) not in {str(review.pk), str(shown.pk)}
    assert "2 of " in response.text


def test_fragment_says_when_nothing_comes_next(make_session, alice, correct, client_of):
    session = make_session(alice, items=1)
    review = claiming.next_review(session, alice)
    response = client_of(alice).post(f"/labeling/reviews/{review.pk}/complete/", answers(review, correct), headers=HTMX)

    assert 'data-nothing="all_done"' in response.text


def test_missing_answer_is_422_and_what_was_typed_stays(review, alice, correct, client_of):
    data = {f"comment-{correct.pk}": "I typed this.", f"version-{correct.pk}": "1"}
    for headers in ({}, HTMX):
        response = client_of(alice).post(f"/labeling/reviews/{review.pk}/complete/", data, headers=headers)
        assert response.status_code == 422
        assert "This one is needed." in response.text
        assert "I typed this." in response.text
    review.refresh_from_db()
    assert review.draft[correct.pk]["comment"] == "I typed this."


def test_option_that_is_gone_and_a_changed_question_are_422(review, alice, correct, client_of):
    correct.revise(title="Is it right?")
    response = client_of(alice).post(f"/labeling/reviews/{review.pk}/complete/", answers(review, correct, "perhaps"))

    assert response.status_code == 422
    assert "Choose one of the two." in response.text
    assert "was changed while you were answering" in response.text


def test_lease_lost_to_somebody_else_is_409_and_the_text_stays(make_session, alice, bob, correct, client_of):
    session = make_session(alice, bob, items=1)
    review = claiming.next_review(session, alice)
    lapse(review)
    assert claiming.next_review(session, bob).item_id == review.item_id

    comment = {f"comment-{correct.pk}": "Mine, kept."}
    response = client_of(alice).post(
        f"/labeling/reviews/{review.pk}/complete/", answers(review, correct, **comment), headers=HTMX
    )

    assert response.status_code == 409
    assert "Somebody else took this item" in response.text
    assert "Mine, kept." in response.text
    review.refresh_from_db()
    assert review.draft[correct.pk]["comment"] == "Mine, kept."
    assert not Assessment.objects.exists()


def test_closed_session_is_409_and_the_text_stays(session, review, alice, correct, client_of):
    session.close()
    comment = {f"comment-{correct.pk}": "Too late, kept."}
    response = client_of(alice).post(f"/labeling/reviews/{review.pk}/complete/", answers(review, correct, **comment))

    assert response.status_code == 409
    assert "The session was closed before you finished." in response.text
    assert "Too late, kept." in response.text
    review.refresh_from_db()
    assert review.draft[correct.pk]["comment"] == "Too late, kept."


def test_characters_that_no_database_keeps_are_replaced_and_nothing_is_lost(review, alice, correct, ideal, client_of):
    evidence = '[{"quote": "half an emoji: \\ud83d", "span_id": "a\\u0000b", "field": "response", "start": 0}]'
    typed = {
        f"comment-{correct.pk}": "Pasted\0 from a PDF",
        f"evidence-{correct.pk}": evidence,
        f"answer-{ideal.pk}": "Like\0 this",
    }
    client = client_of(alice)
    data = answers(review, correct, **typed)
    assert client.post(f"/labeling/reviews/{review.pk}/draft/", data).status_code == 204
    assert "half an emoji: \ufffd" in client.get(f"/labeling/reviews/{review.pk}/").text

    assert client.post(f"/labeling/reviews/{review.pk}/complete/", data).status_code == 302
    said = Assessment.objects.get(name="correct")
    assert said.rationale == "Pasted\u2400 from a PDF"
    assert json.loads(said.metadata["reviewapp.evidence"])[0]["quote"] == "half an emoji: \ufffd"
    assert Assessment.objects.get(name="expected_response").value == "Like\u2400 this"


def test_note_of_a_declined_item_may_hold_any_character(review, alice, client_of):
    data = {"decline_reason": "other", "decline_note": "No\0 idea"}
    assert client_of(alice).post(f"/labeling/reviews/{review.pk}/decline/", data).status_code == 302

    review.refresh_from_db()
    assert review.decline_note == "No\u2400 idea"


def test_evidence_that_is_nested_without_end_is_422(review, alice, correct, client_of):
    data = answers(review, correct, **{f"evidence-{correct.pk}": "[" * 100_000})
    response = client_of(alice).post(f"/labeling/reviews/{review.pk}/complete/", data)

    assert response.status_code == 422
    assert "A quote could not be kept." in response.text


def test_draft_is_kept_and_the_hold_prolonged(review, alice, correct, client_of):
    before = review.lease_until
    response = client_of(alice).post(
        f"/labeling/reviews/{review.pk}/draft/", answers(review, correct, "nonsense", active_s="31"), headers=HTMX
    )

    review.refresh_from_db()
    assert response.status_code == 204
    assert review.draft[correct.pk]["value"] == ["nonsense"]
    assert review.lease_until > before
    assert review.active_s == 31


def test_draft_of_a_lost_item_is_kept_and_that_is_said(make_session, alice, bob, correct, client_of):
    session = make_session(alice, bob, items=1)
    review = claiming.next_review(session, alice)
    lapse(review)
    claiming.next_review(session, bob)

    response = client_of(alice).post(f"/labeling/reviews/{review.pk}/draft/", answers(review, correct))

    review.refresh_from_db()
    assert response.status_code == 409
    assert review.draft


def test_decline_needs_a_reason_and_keeps_the_draft(review, alice, correct, client_of):
    client = client_of(alice)
    assert client.post(f"/labeling/reviews/{review.pk}/decline/", answers(review, correct)).status_code == 422

    data = answers(review, correct, decline_reason="unclear", decline_note="Which policy?")
    assert client.post(f"/labeling/reviews/{review.pk}/decline/", data).status_code == 302
    review.refresh_from_db()
    assert (review.status, review.decline_note) == ("declined", "Which policy?")
    assert review.draft[correct.pk]["value"] == ["true"]


def test_undo_gives_the_item_back_with_its_answers(review, alice, correct, client_of):
    client = client_of(alice)
    client.post(f"/labeling/reviews/{review.pk}/complete/", answers(review, correct))

    response = client.post(f"/labeling/reviews/{review.pk}/undo/", headers=HTMX)

    assert shown_in(response) == str(review.pk)
    assert 'value="true" checked' in response.text
    assert not Assessment.objects.filter(valid=True).exists()


def test_hand_out_gives_the_next_item_or_nothing(make_session, alice, client_of):
    session = make_session(alice, items=2)
    client = client_of(alice)
    first = claiming.next_review(session, alice)

    showing = {"showing": str(first.pk)}
    response = client.post(f"/labeling/sessions/{session.pk}/hand-out/", showing, headers=HTMX)
    assert shown_in(response) != str(first.pk)

    Review.objects.exclude(pk=first.pk).update(status="complete", finished_at="2026-03-02T09:00Z")
    assert client.post(f"/labeling/sessions/{session.pk}/hand-out/", showing).status_code == 204


def test_back_and_forward_walk_through_my_items(make_session, alice, correct, client_of):
    session = make_session(alice, items=3)
    client = client_of(alice)
    done = []
    for _ in range(2):
        review = claiming.next_review(session, alice)
        client.post(f"/labeling/reviews/{review.pk}/complete/", answers(review, correct))
        done.append(review)
    current = claiming.next_review(session, alice)
    base = f"/labeling/sessions/{session.pk}/review"

    assert client.get(f"{base}/back/?from={current.pk}").url == f"/labeling/reviews/{done[1].pk}/"
    assert client.get(f"{base}/back/?from={done[1].pk}").url == f"/labeling/reviews/{done[0].pk}/"
    assert client.get(f"{base}/back/?from={done[0].pk}").url == f"/labeling/reviews/{done[0].pk}/"
    assert client.get(f"{base}/forward/?from={done[0].pk}").url == f"/labeling/reviews/{done[1].pk}/"
    assert client.get(f"{base}/forward/?from={done[1].pk}").url == f"{base}/"
    assert client.get(f"{base}/back/?from=nonsense").url == f"/labeling/reviews/{current.pk}/"


VIEWS = ["complete", "decline", "draft", "undo"]


@pytest.mark.parametrize("verb", VIEWS)
def test_somebody_elses_review_is_404(review, bob, charlie, client_of, verb):
    for other in (bob, charlie):
        assert client_of(other).post(f"/labeling/reviews/{review.pk}/{verb}/").status_code == 404
    assert client_of(charlie).get(f"/labeling/reviews/{review.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["review/", "review/back/", "review/forward/"])
def test_stranger_gets_404(session, charlie, dana, client_of, path):
    for stranger in (charlie, dana):
        assert client_of(stranger).get(f"/labeling/sessions/{session.pk}/{path}").status_code == 404


@pytest.mark.parametrize("verb", ["guidelines-read", "hand-out"])
def test_stranger_cannot_take_an_item(session, charlie, client_of, verb):
    assert client_of(charlie).post(f"/labeling/sessions/{session.pk}/{verb}/").status_code == 404
    assert not Review.objects.exists()


def test_anonymous_is_asked_to_sign_in(session, review, client):
    assert client.get(f"/labeling/sessions/{session.pk}/review/").url.startswith("/accounts/sign-in/")
    response = client.post(f"/labeling/reviews/{review.pk}/complete/", headers=HTMX)
    assert response["HX-Redirect"].startswith("/accounts/sign-in/")


@pytest.mark.parametrize("verb", VIEWS)
def test_get_does_nothing(review, alice, client_of, verb):
    assert client_of(alice).get(f"/labeling/reviews/{review.pk}/{verb}/").status_code == 405


def test_post_to_the_page_is_405(session, alice, client_of):
    assert client_of(alice).post(f"/labeling/sessions/{session.pk}/review/").status_code == 405


def test_a_draft_session_is_nobodys_and_a_closed_one_can_be_read(make_session, alice, client_of):
    draft = make_session(alice, is_open=False)
    assert client_of(alice).get(f"/labeling/sessions/{draft.pk}/review/").status_code == 404

    draft.open()
    draft.close()
    page = client_of(alice).get(f"/labeling/sessions/{draft.pk}/review/")
    assert "This session is closed" in page.text


def test_manager_who_is_no_reviewer_is_told_so(session, mallory, client_of):
    assert "You are not a reviewer here" in client_of(mallory).get(f"/labeling/sessions/{session.pk}/review/").text


def test_others_holding_the_last_one_is_said_with_the_time(make_session, alice, bob, client_of):
    session = make_session(alice, bob, items=1)
    claiming.next_review(session, bob)

    page = client_of(alice).get(f"/labeling/sessions/{session.pk}/review/").text

    assert "Somebody else holds the last one" in page
    assert "comes back, and may come to you" in page


def both_have_answered(session, correct, alice, bob, client_of) -> Review:
    """Alice's finished review of an item on which bob and a judge think otherwise."""
    review = claiming.next_review(session, alice)
    client_of(alice).post(f"/labeling/reviews/{review.pk}/complete/", answers(review, correct))
    other = claiming.next_review(session, bob)
    assert other.item_id == review.item_id
    comment = {f"comment-{correct.pk}": "Bob's reason."}
    client_of(bob).post(f"/labeling/reviews/{other.pk}/complete/", answers(other, correct, "false", **comment))
    Assessment.objects.create(
        trace=review.item.trace,
        kind="feedback",
        name="correct",
        value=False,
        source_type="LLM_JUDGE",
        source_id="judge-2",
    )
    return review


def test_what_others_said_stands_in_the_order_of_the_questions(session, alice, bob, correct, client_of):
    review = claiming.next_review(session, alice)
    client_of(alice).post(f"/labeling/reviews/{review.pk}/complete/", answers(review, correct))
    type(session).objects.update(is_blind=False)
    names = [each.schema.assessment_name for each in session.questions.select_related("schema")]
    for name in reversed(names):
        judge = {"source_type": Assessment.SourceType.LLM_JUDGE, "source_id": "judge"}
        Assessment.objects.create(trace=review.item.trace, name=name, value=True, **judge)

    others = client_of(alice).get(f"/labeling/reviews/{review.pk}/").context["others"]

    assert [said.title for said in others] == [each.schema.current.title for each in session.questions.all()]


def test_what_others_said_is_shown_once_my_answers_are_in(make_session, alice, bob, correct, client_of):
    session = make_session(alice, bob, items=1, reviews_per_item=2)
    type(session).objects.update(is_blind=False)
    review = both_have_answered(session, correct, alice, bob, client_of)

    others = client_of(alice).get(f"/labeling/reviews/{review.pk}/").context["others"]
    assert [(said.who, said.answer) for said in others] == [("Bob Okafor", "Incorrect"), ("judge-2", "Incorrect")]

    client_of(alice).post(f"/labeling/reviews/{review.pk}/undo/")
    assert client_of(alice).get(f"/labeling/reviews/{review.pk}/").context["others"] == []


def test_in_a_blind_session_nobody_elses_answer_is_shown(make_session, alice, bob, correct, client_of):
    session = make_session(alice, bob, items=1, reviews_per_item=2)
    review = both_have_answered(session, correct, alice, bob, client_of)

    page = client_of(alice).get(f"/labeling/reviews/{review.pk}/")

    assert page.context["others"] == []
    assert "Bob's reason." not in page.text


@pytest.mark.parametrize("active_s", ["-1", "1e9", "many", "9" * 30, ""])
def test_seconds_that_are_nonsense_do_no_harm(review, alice, correct, client_of, active_s):
    data = answers(review, correct) | {"active_s": active_s}

    assert client_of(alice).post(f"/labeling/reviews/{review.pk}/complete/", data).status_code == 302


def test_a_label_takes_few_queries(session, review, alice, correct, client_of, django_assert_max_num_queries):
    client = client_of(alice)
    shown = claiming.next_review(session, alice, besides={review.pk})
    data = answers(review, correct, showing=str(shown.pk))
    client.get(f"/labeling/sessions/{session.pk}/review/")

    with django_assert_max_num_queries(26):  # savepoints of the test's own transaction count, too
        client.post(f"/labeling/reviews/{review.pk}/complete/", data, headers=HTMX)


def test_answers_can_be_typed_only_where_they_would_be_taken(session, review, alice, correct, client_of):
    client = client_of(alice)
    client.post(f"/labeling/reviews/{review.pk}/complete/", answers(review, correct))
    questions = '<fieldset class="questions__all"'

    assert f"{questions}>" in client.get(f"/labeling/reviews/{review.pk}/").text
    session.close()
    assert f"{questions} disabled>" in client.get(f"/labeling/reviews/{review.pk}/").text
