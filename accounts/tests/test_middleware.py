"""Who asks is looked up once: accounts/middleware.py"""

from __future__ import annotations

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import SimpleLazyObject

from accounts.middleware import PersonMiddleware
from accounts.models import User


def asked_as(rf, session, *, cookie: bool):
    request = rf.get("/")
    request.session = session
    if cookie:
        request.COOKIES["sessionid"] = "a"
    middleware = PersonMiddleware(lambda request: None)
    middleware.process_request(request)
    middleware.process_view(request, asked_as, (), {})
    return request


def test_a_view_gets_the_person_and_no_stand_in(rf, client, alice, django_assert_num_queries):
    client.force_login(alice, backend="accounts.backends.PasswordBackend")
    session = client.session
    with django_assert_num_queries(1):
        request = asked_as(rf, session, cookie=True)
        assert type(request.user) is User
        assert request.user == alice


def test_who_sends_no_cookie_is_not_looked_for(rf, db, client):
    request = asked_as(rf, client.session, cookie=False)

    assert type(request.user) is SimpleLazyObject
    assert request.user == AnonymousUser()


def test_whether_the_server_lives_is_no_question_to_the_database(client_of, alice, django_assert_num_queries):
    client = client_of(alice)
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


def test_an_ended_session_is_nobodys(rf, db, client):
    assert type(asked_as(rf, client.session, cookie=True).user) is AnonymousUser


def test_django_takes_it_for_its_own():
    assert issubclass(PersonMiddleware, AuthenticationMiddleware)  # the admin's checks ask for it
