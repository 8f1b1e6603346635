from __future__ import annotations

import pytest

from chat.events import Ended, Failed, Fault, Reason, Reasoning, Source, Started, Text, TraceId, Usage
from chat.framing import PLAIN_TEXT, Frame
from chat.models.endpoints import Target
from chat.protocols import takes_images
from chat.tests.reading import DONE, PNG, read, read_whole, request_of
from chat.tests.replaying import hear

PROTOCOL = "json"


def heard_whole(body, **options):
    return read_whole(PROTOCOL, body, options=options)


def heard(*values, **options):
    return read(PROTOCOL, *values, options=options)


async def test_langserve_streams_texts_and_ends_without_data(replay):
    options = {"request": {"input": {"question": "{{question}}"}}}
    events = await hear(Target(PROTOCOL, replay.url("langserve_stream"), options=options))

    assert replay.asked[0].body == {"input": {"question": "hi"}}
    assert events == [Started("3bd9b940-2ff3-4553-8810-0dc98252cf17"), Text("Hello ✓ 你好"), Ended(Reason.STOP)]


async def test_langserve_whole(replay):
    events = await hear(Target(PROTOCOL, replay.url("langserve_invoke"), options={"answer": "output"}))

    assert events == [Text("Hello ✓ 你好"), Ended(Reason.STOP)]


async def test_langserve_fails_and_cuts(replay):
    events = await hear(Target(PROTOCOL, replay.url("langserve_stream_error")))

    assert events[1:] == [Text("Hel"), Failed(Fault.BROKEN, "Internal Server Error"), Ended(Reason.ERROR)]


def test_what_is_asked_without_a_template():
    request = request_of(PROTOCOL, "https://h/ask", secret="k")

    assert request.url == "https://h/ask"
    assert request.headers["authorization"] == "Bearer k"
    assert request.body["question"] == "And this?"
    assert request.body["messages"][0] == {"role": "user", "content": "Am I covered?"}


def test_what_is_asked_by_a_template():
    options = {
        "request": {
            "q": "Q: {{ question }}",
            "chat": "{{history}}",
            "n": 3,
            "ids": ["{{conversation_id}}", "{{user}}", "{{turn_id}}", "{{unknown}}"],
            "all": "{{transcript}}",
            "pictures": "{{images}}",
            "as text": "see {{images}}",
        },
        "message": {"type": "{{role}}", "data": {"content": "{{text}}"}},
        "roles": {"user": "human", "assistant": "ai"},
    }
    assert request_of(PROTOCOL, options=options, parameters={"k": 5}).body == {
        "q": "Q: And this?",
        "chat": [
            {"type": "human", "data": {"content": "Am I covered?"}},
            {"type": "ai", "data": {"content": "Yes."}},
        ],
        "n": 3,
        "ids": ["conv-1", "u1", "turn-1", "{{unknown}}"],
        "all": "user: Am I covered?\n\nassistant: Yes.\n\nuser: And this?",
        "pictures": [PNG],
        "as text": f'see ["{PNG}"]',
        "k": 5,
    }


def test_a_value_that_looks_like_a_name_is_not_filled_again():
    options = {"request": {"q": "{{question}} {{system_prompt}}"}}
    body = request_of(PROTOCOL, options=options, system_prompt="{{user}}").body
    assert body == {"q": "And this? {{user}}"}


def test_images_are_taken_where_the_template_has_them():
    assert takes_images(PROTOCOL, {"request": {"a": ["{{images}}"]}})
    assert not takes_images(PROTOCOL, {})
    assert takes_images("openai-chat", {}) and not takes_images("mlflow-chat", {})


@pytest.mark.parametrize(
    "body",
    [
        {"answer": "Yes."},
        {"output": {"content": "Yes."}},
        {"response": [{"text": "Yes."}]},
        {"choices": [{"message": {"content": "Yes."}}]},
        [{"generated_text": "Yes."}],
        "Yes.",
    ],
)
def test_the_usual_places_of_an_answer(body):
    assert heard_whole(body) == ([Text("Yes.")], Reason.STOP)


def test_paths():
    body = {
        "data": [{"x": 0}, {"reply": {"parts": ["Yes", "."]}}],
        "why": "Hm.",
        "docs": {
            "hits": [{"heading": "Policy", "body": "Covered.", "where": "https://a.org", "rank": 1.5}, "loose text"]
        },
        "run": {"id": "tr-1"},
    }
    events, reason = heard_whole(
        body,
        answer="$.data[-1].reply.parts",
        reasoning="why",
        sources="docs.hits",
        source={"title": "heading", "text": "body", "url": "where", "score": "rank"},
        trace_id="run.id",
    )
    assert events == [
        Text("Yes."),
        Reasoning("Hm."),
        Source("Policy", "Covered.", "https://a.org", score=1.5),
        Source(text="loose text"),
        TraceId("tr-1", "run.id"),
    ]
    assert reason == Reason.STOP


def test_sources_at_each_of_a_list():
    body = {"answer": "Yes.", "docs": [{"meta": {"title": "A"}}, {"meta": {"title": "B"}}]}
    assert heard_whole(body, sources="docs[*].meta")[0] == [Text("Yes."), Source("A"), Source("B")]


def test_sources_in_a_usual_place():
    body = {"answer": "Yes.", "sources": [{"page_content": "Covered.", "metadata": {"source": "policy.md"}}]}
    assert heard_whole(body)[0] == [Text("Yes."), Source(text="Covered.", url="policy.md")]


def test_an_answer_that_is_not_at_its_path_is_not_understood():
    assert heard_whole({"answer": "Yes."}, answer="reply") == ([], None)


def test_an_error_at_its_path():
    assert heard_whole({"ok": False, "why": {"message": "boom"}}, error="why") == (
        [Failed(Fault.BROKEN, "boom")],
        Reason.ERROR,
    )


def test_a_stream_of_deltas_with_the_whole_at_the_end():
    values = [{"piece": "Ye"}, {"piece": "s."}, {"piece": "", "final": "Yes.", "last": True}]
    assert heard(*values, delta="piece", answer="final", done="last") == ([Text("Yes.")], Reason.STOP)


def test_a_stream_without_its_own_mark_is_not_over():
    assert heard({"piece": "Ye"}, delta="piece", done="last") == ([Text("Ye")], None)


def test_a_stream_of_the_answer_so_far():
    values = [{"answer": "Ye"}, {"answer": "Yes"}, {"answer": "Yes."}]
    assert heard(*values, answer="answer") == ([Text("Yes.")], Reason.STOP)


def test_the_usual_places_of_a_piece():
    assert heard({"token": "Ye"}, {"token": "s."}) == ([Text("Yes.")], Reason.STOP)
    assert heard({"choices": [{"delta": {"content": "Yes."}}]}, DONE)[0] == [Text("Yes.")]


def test_events_whose_data_are_plain_words():
    frames = [Frame("", text) for text in ("42", " is", " the", " answer.", "[DONE]", "late")]
    assert heard(*frames) == ([Text("42 is the answer.")], Reason.STOP)


def test_words_may_look_like_the_beginning_of_json():
    assert heard(*(Frame("", text) for text in ("See ", "[", "1]", " {", '"', "}"))) == (
        [Text('See [1] {"}')],
        Reason.STOP,
    )


def test_a_broken_object_among_objects_is_no_text():
    assert heard({"token": "Yes"}, Frame("", '{"token": "'), {"token": "."})[0] == [Text("Yes.")]


def test_usage():
    assert heard_whole({"answer": "Yes.", "usage": {"input_tokens": 1}})[0] == [Text("Yes."), Usage(1)]


def test_plain_text():
    assert heard(Frame(PLAIN_TEXT, "Ye"), Frame(PLAIN_TEXT, "s.")) == ([Text("Yes.")], Reason.STOP)


@pytest.mark.parametrize("options", [{"source": 3}, {"roles": []}, {"answer": {"a": 1}}, {"request": 7}])
def test_options_of_a_wrong_shape_break_nothing(options):
    request_of(PROTOCOL, options=options)
    assert heard_whole({"answer": "Yes."}, **options)[0] == [Text("Yes.")]
