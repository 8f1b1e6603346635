"""The pages of endpoints: the list, a new one, one's settings; and for whom they exist."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from chat.models import Conversation, Endpoint, EndpointQuestion
from chat.tests.filling import HTMX, LOOPBACK, filled
from labeling.models import LabelSchema

LIST = "/chat/endpoints/"


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = LOOPBACK


@pytest.fixture
def manager(mallory, client_of) -> Client:
    return client_of(mallory)


@pytest.fixture
def correct(endpoint) -> EndpointQuestion:
    schema = LabelSchema.objects.ask(
        experiment=endpoint.experiment, name="correct", type="feedback", title="Is it correct?", input={"pass_fail": {}}
    )
    return EndpointQuestion.objects.create(endpoint=endpoint, schema=schema, position=1)


def at(endpoint: Endpoint, rest: str = "") -> str:
    return f"{LIST}{endpoint.pk}/{rest}"


def everything(question: EndpointQuestion) -> list[tuple[str, str]]:
    endpoint, schema = question.endpoint, question.schema_id
    gets = ["", "preview/", "people/find/", "questions/answer/", "questions/answer/new/"]
    posts = [
        "",
        "test/",
        "request/",
        "check-link/",
        "find-out/",
        "suggestions/",
        "copy/",
        "archive/",
        "restore/",
        "audience/",
        "people/add/",
    ]
    posts += ["people/remove/", "questions/answer/add/", "questions/answer/order/", "questions/conversation/new/"]
    posts += [f"questions/answer/{schema}/{verb}/" for verb in ("edit", "move", "set", "remove")]
    on_one = [("get", at(endpoint, rest)) for rest in gets] + [("post", at(endpoint, rest)) for rest in posts]
    return [
        ("get", LIST),
        ("get", f"{LIST}new/"),
        ("post", f"{LIST}new/"),
        ("post", f"{LIST}request/"),
        ("post", f"{LIST}find-out/"),
        *on_one,
    ]


@pytest.mark.parametrize("person", ["alice", "charlie", "dana"])
def test_for_anybody_but_managers_they_do_not_exist(correct, person, request, client_of):
    """Alice may chat with it, Dana reads every trace: neither chooses addresses."""
    client = client_of(request.getfixturevalue(person))
    for method, url in everything(correct):
        assert getattr(client, method)(url).status_code == 404, url
    assert Endpoint.objects.count() == 1


def test_nobody_is_led_to_sign_in(correct, client):
    for method, url in everything(correct):
        answer = getattr(client, method)(url)
        assert (answer.status_code, answer.headers.get("Location", "")[:18]) == (302, "/accounts/sign-in/"), url


def test_what_writes_takes_no_get_and_what_reads_takes_no_post(correct, manager):
    both = {at(correct.endpoint), f"{LIST}new/", at(correct.endpoint, "questions/answer/new/")}
    both |= {at(correct.endpoint, "questions/conversation/new/")}
    both |= {at(correct.endpoint, f"questions/answer/{correct.schema_id}/edit/")}
    for method, url in everything(correct):
        if url not in both:
            assert getattr(manager, "post" if method == "get" else "get")(url).status_code == 405, url


def test_admins_may_too(endpoint, client_of):
    admin = User.objects.create_user("admin@example.org", role=Role.ADMIN)
    assert client_of(admin).get(at(endpoint)).status_code == 200


def test_unknown_endpoint_and_unknown_place_of_questions(endpoint, manager):
    assert manager.get(f"{LIST}0b3a7a52-0000-4000-8000-000000000000/").status_code == 404
    assert manager.get(at(endpoint, "questions/weather/")).status_code == 404


def test_empty_list_teaches_what_an_endpoint_is(db, manager):
    page = manager.get(LIST).text
    assert "one version of an application behind an address" in page
    assert page.count(f'href="{LIST}new/"') == 1


def test_list_says_how_each_is_used_and_folds_archived_ones(endpoint, alice, bob, claims, manager):
    endpoint.people.add(bob)
    for person in (alice, bob, bob):
        Conversation.objects.create(endpoint=endpoint, user=person)
    Endpoint.objects.create(name="Old one", url="http://127.0.0.1:9", experiment=claims, archived_at=timezone.now())
    page = manager.get(LIST).text
    for words in ("Claims assistant", "v2.3", "OpenAI Chat Completions", "2 people", "3 conversations", "Not tested"):
        assert words in page
    assert page.index("1 archived endpoint") < page.index("Old one")
    assert "sk-very-secret" not in page


def test_list_asks_the_database_the_same_for_one_as_for_many(endpoint, claims, manager):
    def n_queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            manager.get(LIST)
        return len(queries)

    one = n_queries()
    for n in range(5):
        Endpoint.objects.create(name=f"More {n}", url="http://127.0.0.1:9", experiment=claims, is_for_everybody=True)
    assert n_queries() == one


def test_page_asks_the_database_a_bounded_number_of_times(correct, manager, django_assert_max_num_queries):
    for n in range(4):
        schema = LabelSchema.objects.ask(
            experiment=correct.endpoint.experiment, name=f"q{n}", type="feedback", title=f"{n}?", input={"text": {}}
        )
        EndpointQuestion.objects.create(endpoint=correct.endpoint, schema=schema, position=n + 2)
    with django_assert_max_num_queries(16):
        manager.get(at(correct.endpoint))


def test_new_endpoint_is_made_by_a_plain_form(db, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    assert "Add the endpoint" in client.get(f"{LIST}new/").text
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    from chat.setting_up import draft_endpoint

    typed = filled(draft_endpoint(by=mallory), name="Fresh", url="http://127.0.0.1:9/v1", secret="sk-fresh-one")
    answer = client.post(f"{LIST}new/", {**typed, **token})
    fresh = Endpoint.objects.get(name="Fresh")
    assert answer.url == at(fresh)
    assert (fresh.created_by, fresh.target().secret, fresh.is_for_everybody) == (mallory, "sk-fresh-one", False)
    assert "sk-fresh-one" not in client.get(at(fresh)).text
    assert client.post(f"{LIST}new/", typed).status_code == 403  # no token


def test_wrong_new_endpoint_is_422_with_what_was_typed_but_the_secret(db, manager):
    answer = manager.post(f"{LIST}new/", {"name": "Half <b>done</b>", "url": "nowhere", "secret": "sk-typed-once"})
    assert answer.status_code == 422
    assert "Half &lt;b&gt;done&lt;/b&gt;" in answer.text
    assert "starts with https://" in answer.text
    assert "sk-typed-once" not in answer.text
    assert not Endpoint.objects.exists()


def test_page_never_shows_the_secret_and_says_that_it_is_set(endpoint, manager):
    page = manager.get(at(endpoint)).text
    assert "very-secret" not in page
    assert endpoint.sealed_secret not in page
    assert "Set." in page
    assert 'autocomplete="new-password"' in page


def test_page_says_when_the_secret_cannot_be_opened(endpoint, manager, settings, mallory, client_of):
    settings.SECRET_KEY = "another key of at least fifty characters, made for this test"
    page = client_of(mallory).get(at(endpoint)).text
    assert "can’t be opened any more" in page
    assert "SECRET_KEY_FALLBACKS" in page


def test_settings_are_saved_by_a_plain_form(endpoint, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    client.get(at(endpoint))
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    answer = client.post(at(endpoint), filled(endpoint, model="claims-2", sends_traceparent="on") | token)
    assert answer.url == f"{at(endpoint)}#part-where"
    endpoint.refresh_from_db()
    assert (endpoint.model, endpoint.sends_traceparent) == ("claims-2", True)


def test_settings_are_saved_as_a_fragment(endpoint, manager):
    answer = manager.post(at(endpoint), filled(endpoint, model="claims-2", secret="sk-brand-new"), headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.count("<form") == 1
    assert 'id="endpoint-form"' in answer.text
    assert "sk-brand-new" not in answer.text
    assert {"endpoint:changed", "endpoint:saved"} <= set(answer.headers["HX-Trigger"].replace('"', " ").split())


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_wrong_settings_are_422_and_not_saved(endpoint, manager, headers):
    answer = manager.post(at(endpoint), filled(endpoint, url="http://127.0.0.2/v1", model="x"), headers=headers)
    assert answer.status_code == 422
    assert "Nothing was saved." in answer.text
    assert "Enter the secret again" in answer.text
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.model) == ("http://127.0.0.1:9/v1", "claims-1")


def test_hostile_names_stay_text(endpoint, manager):
    endpoint.name, endpoint.version = "<script>alert(1)</script>" + "مساعد" * 40, '"><img src=x onerror=alert(1)>'
    endpoint.suggestions = ["<script>alert(2)</script>"]
    endpoint.save()
    for url in (LIST, at(endpoint), at(endpoint, "preview/")):
        page = manager.get(url).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_first_messages_are_kept_one_per_line(endpoint, manager):
    answer = manager.post(
        at(endpoint, "suggestions/"), {"suggestions": " Am I covered?\r\n\r\nWhy?\nWhy?"}, headers=HTMX
    )
    endpoint.refresh_from_db()
    assert endpoint.suggestions == ["Am I covered?", "Why?"]
    assert "endpoint:changed" in answer.headers["HX-Trigger"]
    assert "Am I covered?" in manager.get(at(endpoint, "preview/")).text
    assert manager.post(at(endpoint, "suggestions/"), {"suggestions": ""}).url == f"{at(endpoint)}#part-suggestions"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_too_long_first_message_is_422(endpoint, manager, headers):
    answer = manager.post(at(endpoint, "suggestions/"), {"suggestions": "ok\n" + "x" * 501}, headers=headers)
    assert answer.status_code == 422
    assert "Line 2 is longer than 500 characters." in answer.text


def test_copy_has_everything_but_the_past(correct, alice, manager, mallory):
    endpoint = correct.endpoint
    endpoint.last_test = {"message": "hi", "state": "complete"}
    endpoint.archived_at = timezone.now()
    endpoint.save()
    Conversation.objects.create(endpoint=endpoint, user=alice)
    for expected in ("v2.3 copy", "v2.3 copy 2"):
        answer = manager.post(at(endpoint, "copy/"))
        copy = Endpoint.objects.get(name=endpoint.name, version=expected)
        assert answer.url == at(copy)
    assert (copy.url, copy.model, copy.experiment) == (endpoint.url, endpoint.model, endpoint.experiment)
    assert copy.target().secret == "sk-very-secret"
    assert list(copy.people.all()) == [alice]
    assert [question.schema for question in copy.questions.all()] == [correct.schema]
    assert (copy.last_test, copy.archived_at, copy.conversations.count()) == ({}, None, 0)
    assert copy.created_by == mallory
    assert (endpoint.conversations.count(), endpoint.questions.count()) == (1, 1)


def test_archived_takes_no_new_conversation_and_is_restored(endpoint, alice, manager, client_of):
    talk = Conversation.objects.create(endpoint=endpoint, user=alice)
    assert manager.post(at(endpoint, "archive/")).url == at(endpoint)
    assert "It takes no new messages." in manager.get(at(endpoint)).text
    assert client_of(alice).post(f"/chat/new/{endpoint.pk}/").status_code == 404
    assert client_of(alice).get(f"/chat/{talk.pk}/").status_code == 200
    manager.post(at(endpoint, "restore/"))
    endpoint.refresh_from_db()
    assert not endpoint.is_archived
