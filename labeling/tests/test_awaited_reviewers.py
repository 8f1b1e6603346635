"""People whom a program put into a session before they had an account."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from labeling.models import AwaitedReviewer
from labeling.staffing import staff


def test_they_are_let_in_with_their_account_and_counted(transactional_db, make_session, alice):
    session = make_session(alice, reviews_per_item=None)
    staff(session, ["alice@example.org", "ann@x.org"])
    assert list(session.people.all()) == [alice]
    ann = User.objects.create_user("Ann@x.org")
    assert set(session.people.all()) == {alice, ann}
    assert not AwaitedReviewer.objects.exists()
    assert session.items.first().needs == 2


def test_a_person_who_takes_such_an_address_is_not_let_in(transactional_db, session, charlie):
    staff(session, ["new@x.org"])
    charlie.email = "new@x.org"
    charlie.save()
    assert charlie not in session.people.all()


def test_naming_others_forgets_them(session, bob):
    staff(session, ["ann@x.org", bob.email])
    staff(session, [bob.email])
    assert not session.awaited.exists()
    assert list(session.people.all()) == [bob]


def test_a_manager_sees_them_and_takes_them_out(session, client_of, mallory):
    staff(session, ["ann@x.org"])
    page = client_of(mallory).get(reverse("labeling:setup", args=[session.pk])).content.decode()
    assert "ann@x.org" in page
    assert "they have no account yet" in page
    client_of(mallory).post(reverse("labeling:setup-people-remove", args=[session.pk]), {"email": "ann@x.org"})
    assert not session.awaited.exists()


def test_who_got_an_account_meanwhile_is_let_in(transactional_db, session):
    with transaction.atomic():
        staff(session, ["ann@x.org"])
        ann = User(email="ann@x.org")
        User.objects.bulk_create([ann])  # as by another process, of which nobody here is told
    assert list(session.people.all()) == [ann]
    assert not session.awaited.exists()


def test_the_invitation_lets_them_in(transactional_db, session, client_of, mallory):
    staff(session, ["ann@x.org"])
    invite = reverse("labeling:setup-people-invite", args=[session.pk])
    client_of(mallory).post(invite, {"name": "Ann", "email": "ann@x.org"})
    assert [person.email for person in session.people.all()] == ["ann@x.org"]
    assert not session.awaited.exists()
