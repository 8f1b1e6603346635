"""A test message: what is shown of the answer and of failures, and what it may cost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from chat.advising import advice_on
from chat.events import Fault
from chat.models import Endpoint
from chat.tests.fault_server import WHOLE, FaultServer
from chat.tests.filling import HTMX, LOOPBACK, faults_beside, filled
from chat.trying import MOST_AT_ONCE, keep, slot, try_out


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = LOOPBACK


@pytest.fixture
def manager(mallory, client_of) -> Client:
    return client_of(mallory)


@pytest.fixture
def faults() -> Iterator[FaultServer]:
    with faults_beside() as server:
        yield server


@pytest.fixture
def leads_to(endpoint, faults):
    """Return a function that lets the endpoint lead to a fault."""

    def lead(name: str) -> str:
        Endpoint.objects.filter(pk=endpoint.pk).update(url=faults.url(name), first_byte_timeout_s=1, idle_timeout_s=1)
        return f"/chat/endpoints/{endpoint.pk}/"

    return lead


def test_answer_is_shown_with_its_figures_by_a_plain_form(leads_to, faults, endpoint, mallory, client_of):
    page = leads_to("ok")
    client = client_of(mallory, enforce_csrf_checks=True)
    client.get(page)
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    answer = client.post(f"{page}test/", {"test_message": "Are you there?", **token})
    assert answer.url == f"{page}#part-test"
    shown = client.get(page).text
    for words in (WHOLE, "First word", "Whole answer", 'value="Are you there?"', "badge--pass"):
        assert words in shown
    assert faults.bodies[0]["messages"] == [{"role": "user", "content": "Are you there?"}]
    assert "Answers" in client.get("/chat/endpoints/").text


def test_answer_comes_as_a_fragment(leads_to, manager):
    answer = manager.post(f"{leads_to('ok')}test/", {"test_message": "hi"}, headers=HTMX)
    assert answer.text.strip().startswith('<section class="card test" id="part-test"')
    assert WHOLE in answer.text
    assert 'id="endpoint-form"' not in answer.text


def test_what_stands_in_the_form_is_saved_first_and_comes_back(leads_to, faults, endpoint, manager):
    page = leads_to("ok")
    endpoint.refresh_from_db()
    typed = filled(endpoint, parameters="temperature: 0.5", secret="sk-another")
    answer = manager.post(f"{page}test/", {"test_message": "hi", **typed}, headers=HTMX)
    assert faults.bodies[0]["temperature"] == 0.5
    assert 'hx-swap-oob="true"' in answer.text
    assert "endpoint:saved" in answer.headers["HX-Trigger"]
    assert "sk-another" not in answer.text
    endpoint.refresh_from_db()
    assert (endpoint.parameters, endpoint.target().secret) == ({"temperature": 0.5}, "sk-another")
    assert endpoint.last_test["state"] == "complete"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_nothing_is_sent_when_the_form_is_wrong(leads_to, faults, endpoint, manager, headers):
    page = leads_to("ok")
    endpoint.refresh_from_db()
    answer = manager.post(f"{page}test/", {"test_message": "hi", **filled(endpoint, parameters="{")}, headers=headers)
    assert answer.status_code == 422
    assert "Nothing was saved." in answer.text
    assert answer.headers["HX-Retarget"] == "#endpoint-form"
    assert not faults.counts


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_empty_test_message_is_422(leads_to, faults, manager, headers):
    assert manager.post(f"{leads_to('ok')}test/", {"test_message": " "}, headers=headers).status_code == 422
    assert not faults.counts


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("e401_echo", "What the endpoint said"),
        ("e404", "Check the address and the name of the model."),
        ("html_200", "not of its web page"),
        ("e400_model", "no model m"),
        ("err_obj", "Read what it said"),
        ("no_head", "more patience for the first word"),
        ("stall_pings", "fell silent"),
        ("nothing", "without saying anything"),
    ],
)
def test_failure_is_told_in_words(leads_to, manager, fault, words):
    answer = manager.post(f"{leads_to(fault)}test/", {"test_message": "hi"}, headers=HTMX)
    assert answer.status_code == 200
    assert words in answer.text
    assert "badge--fail" in answer.text
    assert "very-secret" not in answer.text  # e401_echo repeats the key


def test_end_without_a_mark_is_no_success(leads_to, manager):
    answer = manager.post(f"{leads_to('no_done_no_finish')}test/", {"test_message": "hi"}, headers=HTMX)
    assert "Answers, with no end" in answer.text
    assert "badge--pass" not in answer.text


def test_every_fault_has_advice():
    assert len({advice_on(fault) for fault in Fault}) == len(Fault)
    assert advice_on("of a later version") == advice_on("broken")


def test_address_that_is_not_called_is_refused_when_it_is_tried(leads_to, faults, manager, settings):
    page = leads_to("ok")
    settings.ENDPOINT_PRIVATE_ADDRESSES = []
    assert "not allowed here" in manager.post(f"{page}test/", {"test_message": "hi"}, headers=HTMX).text
    assert not faults.counts


def test_lost_secret_is_told_and_nothing_is_sent(leads_to, faults, settings, mallory, client_of):
    page = leads_to("ok")
    settings.SECRET_KEY = "another key of at least fifty characters, made for this test"
    answer = client_of(mallory).post(f"{page}test/", {"test_message": "hi"}, headers=HTMX)
    assert "badge--fail" in answer.text
    assert not faults.counts


def test_endless_answer_is_given_up_and_what_came_is_kept(leads_to, endpoint):
    leads_to("never_ending")
    endpoint.refresh_from_db()
    trial = async_to_sync(try_out)(endpoint, "hi", user_id="m@example.org", patience_s=1)
    assert trial.state == "failed"
    assert trial.failure["fault"] == "too_long"
    assert trial.text


def test_only_a_few_run_at_a_time(leads_to, faults, manager):
    from contextlib import ExitStack

    page = leads_to("ok")
    with ExitStack() as stack:
        for _ in range(MOST_AT_ONCE):
            stack.enter_context(slot())
        answer = manager.post(f"{page}test/", {"test_message": "hi"})
        assert answer.status_code == 503
        assert "Several tests are running already." in answer.text
        assert "Several tests" in manager.post(f"{page}test/", {"test_message": "hi"}, headers=HTMX).text
    assert not faults.counts
    manager.post(f"{page}test/", {"test_message": "hi"})
    assert faults.counts["ok"] == 1


def test_result_is_not_kept_of_an_endpoint_that_was_changed_meanwhile(leads_to, endpoint):
    leads_to("ok")
    endpoint.refresh_from_db()
    trial = async_to_sync(try_out)(endpoint, "hi", user_id="m@example.org")
    Endpoint.objects.get(pk=endpoint.pk).save()  # somebody else
    keep(endpoint, trial)
    endpoint.refresh_from_db()
    assert endpoint.last_test == {}


def test_result_of_another_version_of_this_program_hinders_nothing(endpoint, manager):
    for kept in ({"state": "complete", "message": "hi", "of_tomorrow": 1}, {"of_tomorrow": 1}):
        Endpoint.objects.filter(pk=endpoint.pk).update(last_test=kept)
        assert manager.get(f"/chat/endpoints/{endpoint.pk}/").status_code == 200


def test_hostile_answer_is_shown_as_text(endpoint, manager):
    endpoint.last_test = {
        "message": '"><script>alert(1)</script>', "state": "failed", "text": "<script>alert(2)</script> **ok**",
        "failure": {"kind": "failed", "fault": "broken", "detail": "<img src=x onerror=alert(3)>"},
        "steps": [{"name": "<b>x</b>", "error": ""}], "trace_id": "<i>", "model": "<u>", "refusal": "<s>",
    }  # fmt: skip
    endpoint.save()
    page = manager.get(f"/chat/endpoints/{endpoint.pk}/").text
    for markup in ("<script>alert", "<img src=x", "<b>x", "<i>", "<u>", "<s>"):
        assert markup not in page


def test_request_is_shown_as_it_would_be_sent_without_the_secret(endpoint, manager):
    typed = filled(endpoint, parameters="temperature: 0.5", headers="X-Tenant: claims", sends_traceparent="on")
    shown = manager.post(f"/chat/endpoints/{endpoint.pk}/request/", typed).text
    for words in ("POST http://127.0.0.1:9/v1/chat/completions", "temperature", "x-tenant: claims", "traceparent: 00-"):
        assert words in shown
    assert "very-secret" not in shown
    assert "Bearer ••••••••" in shown


def test_request_of_plain_json_follows_its_template(endpoint, manager):
    typed = filled(endpoint, protocol="json", request='{"q": "{{question}}", "before": "{{history}}"}')
    shown = manager.post(f"/chat/endpoints/{endpoint.pk}/request/", typed).text
    assert "POST http://127.0.0.1:9/v1\n" in shown
    assert "&quot;q&quot;: &quot;And if it was the rain?&quot;" in shown


@pytest.mark.parametrize("protocol", Endpoint.Protocol.values)
def test_request_of_a_half_filled_form_is_shown_or_waited_for(db, manager, protocol):
    typed = {"protocol": protocol, "url": "https://example.org/v1", "parameters": "{", "secret": "sk-typed-now"}
    shown = manager.post("/chat/endpoints/request/", typed).text
    assert "POST https://example.org/v1" in shown
    assert "sk-typed-now" not in shown
    assert "Once there is an address" in manager.post("/chat/endpoints/request/", {**typed, "url": "ex"}).text


def test_trace_link_is_checked_and_told_in_words(endpoint, manager):
    """Nobody listens there: what can be found otherwise is in test_probing.py."""
    Endpoint.objects.filter(pk=endpoint.pk).update(url="http://127.0.0.1:9/v1")
    url = f"/chat/endpoints/{endpoint.pk}/check-link/"
    assert "could not be reached" in manager.post(url).text
    answer = manager.post(url, headers=HTMX)
    assert answer.text.strip().startswith('<section class="card test" id="part-test"')
    assert "notice--error" in answer.text


def test_trace_link_is_not_checked_when_the_form_is_wrong(leads_to, faults, endpoint, manager):
    leads_to("ok")
    endpoint.refresh_from_db()
    url = f"/chat/endpoints/{endpoint.pk}/check-link/"
    assert manager.post(url, filled(endpoint, parameters="{"), headers=HTMX).status_code == 422
    assert not faults.counts
