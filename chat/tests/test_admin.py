"""The chat in Django's admin: every page opens, nothing is written there, and no secret is shown."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client

from accounts.models import Role, User
from chat.models import (
    Batch,
    BatchQuestion,
    Comparison,
    Conversation,
    Endpoint,
    EndpointQuestion,
    Judgement,
    Round,
    TurnChunk,
)
from labeling.models import LabelingSession, LabelSchema
from traces.models import Assessment, Trace

MODELS = [model for model in admin.site._registry if model._meta.app_label == "chat"]


@pytest.fixture
def keeper(db, client_of) -> Client:
    return client_of(User.objects.create_user("admin@example.org", role=Role.ADMIN))


@pytest.fixture
def one_of_each(endpoint, make_turn, alice, mallory) -> Endpoint:
    Endpoint.objects.filter(pk=endpoint.pk).update(headers={"X-Key": "header-value-42"})
    turn, other = make_turn(), make_turn("<script>alert(1)</script>")
    TurnChunk.objects.create(turn=turn, first=1, last=1, events=[])
    trace = Trace.objects.create(trace_id="tr-1", experiment=endpoint.experiment, request_time=turn.started_at)
    said = Assessment.objects.create(trace=trace, name="thumbs", kind="feedback", value=True, source_type="HUMAN")
    Judgement.objects.create(conversation=turn.conversation, turn=turn, user=alice, name="thumbs", assessment=said)
    schema = LabelSchema.objects.ask(
        experiment=endpoint.experiment, name="correct", type="feedback", title="?", input={"pass_fail": {}}
    )
    EndpointQuestion.objects.create(endpoint=endpoint, schema=schema, position=1)
    second = Conversation.objects.create(endpoint=endpoint, user=alice, is_listed=False)
    comparison = Comparison.objects.create(user=alice, first=turn.conversation, second=second)
    Round.objects.create(comparison=comparison, number=1, first_turn=turn, second_turn=other, first_is_left=True)
    session = LabelingSession.objects.create(experiment=endpoint.experiment, name="s", created_by=mallory)
    batch = Batch.objects.create(session=session, endpoint=endpoint, created_by=mallory)
    BatchQuestion.objects.create(batch=batch, position=1, messages=[{"role": "user", "content": "?"}])
    return endpoint


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_list_and_page_open_and_show_no_secret(one_of_each, keeper, model):
    base = f"/admin/chat/{model._meta.model_name}/"
    for url in (base, f"{base}?q=x", f"{base}{model.objects.first().pk}/change/"):
        answer = keeper.get(url)
        assert answer.status_code == 200, url
        for hidden in ("very-secret", one_of_each.sealed_secret, "header-value-42", "<script>alert"):
            assert hidden not in answer.text


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_is_made_or_changed_there(one_of_each, keeper, model):
    base = f"/admin/chat/{model._meta.model_name}/"
    assert keeper.get(f"{base}add/").status_code == 403
    assert keeper.post(f"{base}{model.objects.first().pk}/change/", {"name": "x"}).status_code == 403


def test_endpoint_says_that_a_secret_is_set_and_which_headers_there_are(one_of_each, keeper):
    page = keeper.get(f"/admin/chat/endpoint/{one_of_each.pk}/change/").text
    assert "X-Key" in page
    assert "Secret is set" in page
