from __future__ import annotations

import json
import re

import pytest

from chat.exporting import json_lines, markdown
from chat.models import Judgement
from traces.models import Assessment, Trace


@pytest.fixture
def judged(make_turn, claims, alice):
    """Two turns; the first has a trace, and a 👎 with a reason."""
    trace = Trace.objects.create(trace_id="tr-1", experiment=claims, state="OK", request_time="2026-03-02T09:00Z")
    turn = make_turn(trace=trace)
    make_turn("And then?", "Nothing.")
    assessment = Assessment.objects.create(
        trace=trace, kind="feedback", name="thumbs", value=False, rationale="=HYPERLINK(1)", source_type="HUMAN",
        source_id=alice.email,
    )  # fmt: skip
    Judgement.objects.create(
        conversation=turn.conversation, turn=turn, user=alice, name="thumbs", assessment=assessment
    )
    return turn


def test_json_lines_hold_judgements_and_trace_ids(judged, alice, django_assert_num_queries):
    with django_assert_num_queries(2):
        first, second = (json.loads(line) for line in json_lines(judged.conversation))

    assert first["message"] == "Am I covered?"
    assert first["trace_id"] == "tr-1"
    assert [(each["name"], each["value"], each["source_id"]) for each in first["judgements"]] == [
        ("thumbs", False, alice.email)
    ]
    assert second["parent"] == first["turn"]
    assert second["judgements"] == []


def test_what_is_taken_back_is_not_exported(judged):
    Assessment.objects.update(valid=False)

    assert json.loads(next(json_lines(judged.conversation)))["judgements"] == []


def test_markdown_is_for_reading(judged):
    text = "".join(markdown(judged.conversation))

    assert text.startswith("# Burst pipe while away\n")
    assert "> Am I covered?" in text
    assert "> Yes, you **are**." in text
    assert "tr-1" in text
    assert "> =HYPERLINK(1)" in text


def test_nothing_in_markdown_runs_or_loads(make_turn, conversation):
    make_turn(
        "# Not a heading\n<script>", "![x](http://evil.example/a.png) ![y][z]\n\n[z]: http://evil.example/\n<img src=x>"
    )
    conversation.title = "<b>![a](http://evil.example)"

    text = "".join(markdown(conversation))

    assert "<" not in text.replace("&lt;", "")
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "\n# Not" not in text
    assert "![y][z]" not in text
