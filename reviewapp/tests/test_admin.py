"""Django's admin: every list and form of ours opens, for admins only, at a fixed number of queries."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.utils import timezone

from accounts.models import ApiToken, Role, User
from labeling.models import (
    Answer,
    Item,
    LabelingSession,
    LabelSchema,
    LabelSchemaVersion,
    Review,
    Reviewer,
    StandingRule,
)
from traces.feedback.models import EndUserFeedback, PublishableKey
from traces.models import Assessment, Experiment, Span, Trace

MODELS = [model for model in admin.site._registry if model._meta.app_label in {"accounts", "traces", "labeling"}]


@pytest.fixture
def root(db) -> User:
    return User.objects.create_user("root@example.org", name="Root", role=Role.ADMIN)


@pytest.fixture
def make_rows(alice):
    """Return a function that makes one row of everything."""
    box = Experiment.objects.create(name="claims")
    session = LabelingSession.objects.create(name="March", experiment=box)
    Reviewer.objects.create(session=session, user=alice)
    schema = LabelSchema.objects.create(experiment=box, name="correct", type="feedback")
    version = LabelSchemaVersion.objects.create(schema=schema, number=1, title="Correct?", input={"pass_fail": {}})

    def make(n: int) -> None:
        ApiToken.objects.issue(user=alice, name=f"token {n}")
        trace = Trace.objects.create(trace_id=f"tr-{n}", experiment=box, request_time=timezone.now())
        Span.objects.create(trace=trace, span_id=f"{n:016x}", start_time_ns=1)
        item = Item.objects.create(session=session, trace=trace, position=n)
        review = Review.objects.create(item=item, session=session, user=alice)
        said = Assessment.objects.create(
            trace=trace, kind="feedback", name="correct", value=True, source_type="HUMAN", source_id=alice.email
        )
        Answer.objects.create(review=review, version=version, assessment=said)
        StandingRule.objects.create(session=session, seed=n)
        key = PublishableKey.objects.create(experiment=box, name=f"app {n}", origins=["*"])
        EndUserFeedback.objects.create(
            key=key, experiment=box, idempotency_key=str(n), trace_ref="tr-0", expires_at=timezone.now()
        )

    return make


def test_every_model_with_a_page_of_its_own_is_there():
    assert {model.__name__ for model in MODELS} == {
        "User", "ApiToken", "Experiment", "Trace", "Span", "Assessment", "LabelSchema", "LabelingSession", "Reviewer",
        "Item", "Review", "StandingRule", "PublishableKey", "EndUserFeedback",
    }  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_needs_as_many_queries_for_many_rows_as_for_one(
    model, root, make_rows, client_of, django_assert_max_num_queries, django_assert_num_queries
):
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    client = client_of(root)
    make_rows(1)
    with django_assert_max_num_queries(15) as one:
        assert client.get(address).status_code == 200
    for n in range(2, 8):
        make_rows(n)

    with django_assert_num_queries(len(one.captured_queries)):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_row_opens_and_a_list_can_be_searched(model, root, make_rows, client_of):
    make_rows(1)
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    client = client_of(root)

    assert client.get(f"{address}{model._default_manager.last().pk}/change/").status_code == 200
    assert client.get(f"{address}?q=a").status_code == 200


@pytest.mark.parametrize("person", ["alice", "dana", "mallory"])
def test_only_admins_come_in(person, request, client_of):
    response = client_of(request.getfixturevalue(person)).get("/admin/accounts/user/")

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


def test_nobody_edits_a_judgement_by_hand(root, make_rows, client_of):
    make_rows(1)
    said = Assessment.objects.get()

    response = client_of(root).post(f"/admin/traces/assessment/{said.pk}/change/", {"value": "false"})

    assert response.status_code == 403
    said.refresh_from_db()
    assert said.value is True


def test_a_person_is_made_with_a_role_and_without_a_password(root, client_of):
    response = client_of(root).post(
        "/admin/accounts/user/add/",
        {"email": "Nurse@Example.org", "name": "Nina", "role": "expert", "usable_password": "false"},
    )

    assert response.status_code == 302
    nurse = User.objects.get(email="nurse@example.org")
    assert nurse.role == Role.EXPERT
    assert not nurse.has_usable_password()


def test_a_person_is_made_with_a_password(root, client_of):
    secret = "correct horse battery"

    client_of(root).post(
        "/admin/accounts/user/add/",
        {
            "email": "ed@example.org", "role": "manager", "usable_password": "true", "password1": secret,
            "password2": secret,
        },
    )  # fmt: skip

    assert User.objects.get(email="ed@example.org").check_password(secret)


def test_a_sign_in_link_is_made_for_who_is_chosen(root, alice, client_of, client):
    response = client_of(root).post(
        "/admin/accounts/user/", {"action": "make_sign_in_links", "_selected_action": [alice.pk]}, follow=True
    )

    (message,) = [str(m) for m in response.context["messages"]]
    email, link = message.split(": ", 1)
    assert email == "alice@example.org"
    assert client.get(link.removeprefix("http://127.0.0.1:8000").replace("&amp;", "&")).status_code == 302
