from __future__ import annotations

import pytest

from chat.models import Turn
from traces.models import Experiment, Trace


@pytest.fixture
def trace(db) -> Trace:
    return Trace.objects.create(
        trace_id="tr-own", experiment=Experiment.objects.get(pk=0), state="OK", request_time="2026-03-02T12:00:00Z"
    )


@pytest.mark.parametrize("link", [{"trace_id": "tr-own"}, {"own_trace_id": "tr-own"}])
def test_the_page_of_a_trace_leads_to_its_chat(client_of, dana, make_turn, trace, link):
    turn = make_turn()
    Turn.objects.filter(pk=turn.pk).update(**link)
    page = client_of(dana).get("/traces/tr-own/").content.decode()
    assert f"/chat/{turn.conversation_id}/" in page


def test_a_trace_of_no_chat_leads_to_none(client_of, dana, make_turn, trace):
    make_turn()
    assert "The chat it is of" not in client_of(dana).get("/traces/tr-own/").content.decode()
