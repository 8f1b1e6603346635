from __future__ import annotations

import pytest

from traces.models import SavedView


@pytest.fixture
def view(dana) -> SavedView:
    return SavedView.objects.create(owner=dana, name="Bad ones", query="state=ERROR")


def test_a_view_is_saved_with_what_was_asked_for_and_no_more(client_of, dana):
    asked = "filter=status+%3D+%27OK%27&column=correct&page=abc&evil=1"

    response = client_of(dana).post("/traces/views/save/", {"name": "Good ones", "query": asked}, follow=True)

    view = SavedView.objects.get()
    assert (view.owner, view.name, view.is_shared) == (dana, "Good ones", False)
    assert view.query == "filter=status+%3D+%27OK%27&column=correct"
    assert "is saved" in response.content.decode()
    assert 'href="?filter=status+%3D+%27OK%27&amp;column=correct">Good ones' in response.content.decode()


def test_the_same_name_again_is_the_new_query(client_of, dana, view):
    client_of(dana).post("/traces/views/save/", {"name": "Bad ones", "query": "text=no", "is_shared": "on"})

    view.refresh_from_db()
    assert (view.query, view.is_shared) == ("text=no", True)


def test_others_see_what_is_shared(client_of, mallory, view):
    client = client_of(mallory)
    assert "Bad ones" not in client.get("/traces/").content.decode()

    SavedView.objects.update(is_shared=True)

    page = client.get("/traces/").content.decode()
    assert "Bad ones" in page
    assert f"/traces/views/{view.pk}/forget/" not in page


def test_a_view_without_a_name_is_422(client_of, dana):
    response = client_of(dana).post("/traces/views/save/", {"name": " ", "query": "state=ERROR"})
    assert response.status_code == 422
    assert "state=ERROR" in response.content.decode()


def test_ones_own_view_can_be_deleted(client_of, dana, view):
    client_of(dana).post(f"/traces/views/{view.pk}/forget/", {"query": "state=OK"})
    assert not SavedView.objects.exists()


def test_anothers_view_cannot(client_of, mallory, view):
    view.is_shared = True
    view.save()
    assert client_of(mallory).post(f"/traces/views/{view.pk}/forget/").status_code == 404
    assert SavedView.objects.exists()


def test_plain_forms_work_with_csrf_enforced(client_of, dana):
    client = client_of(dana, enforce_csrf_checks=True)
    client.get("/traces/")
    form = {"name": "A", "query": "", "csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    assert client.post("/traces/views/save/", form).status_code == 302
    assert client.post("/traces/views/save/", {"name": "B"}).status_code == 403


@pytest.mark.parametrize("path", ["/traces/views/save/", "/traces/views/1/forget/"])
def test_who_may_not(client_of, alice, client, dana, path):
    assert client_of(alice).post(path, {"name": "A"}).status_code == 404
    assert client.post(path).status_code == 302
    assert client_of(dana).get(path).status_code == 405
