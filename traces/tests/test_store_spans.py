"""traces.ingest.storing.store_spans"""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from traces.ingest.incoming import IncomingSpan
from traces.ingest.otlp_protobuf import read_protobuf
from traces.ingest.storing import store_spans
from traces.models import Experiment, Span, Trace
from traces.tests.corpus_files import bodies, spans_of

pytestmark = pytest.mark.django_db

ID = "0af7651916cd43dd8448eb211c80319c"
START = 1_744_360_000_000_000_000
MS = 1_000_000


@pytest.fixture
def experiment() -> Experiment:
    return Experiment.objects.get(pk=0)


def a_span(span_id: str = "a" * 16, *, at: int = 0, ms: int | None = 10, trace_id: str = ID, **fields) -> IncomingSpan:
    """A span that begins `at` ms after the first one and takes `ms`; None while it runs."""
    start = START + at * MS
    end = None if ms is None else start + ms * MS
    return IncomingSpan(trace_id=trace_id, span_id=span_id, start_time_ns=start, end_time_ns=end, **fields)


def model_call(span_id: str, *, asked: str = "", answered: str = "", tokens: int = 0, **fields) -> IncomingSpan:
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": asked,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": answered,
        "llm.token_count.prompt": tokens,
        "llm.token_count.completion": 1,
        "llm.token_count.total": tokens + 1,
    }
    return a_span(span_id, attributes=attributes, **fields)


ROOT = a_span("a" * 16, ms=100, name="turn", status="OK")
FIRST = model_call("b" * 16, at=10, asked="Is it covered?", answered="I look it up.", tokens=10, parent_id="a" * 16)
SECOND = model_call("c" * 16, at=50, asked="Is it covered?", answered="Yes, it is.", tokens=20, parent_id="a" * 16)


def test_nothing_is_stored_of_nothing(experiment):
    assert store_spans(experiment, []).accepted == 0
    assert not Trace.objects.exists()


def test_a_trace_says_what_its_spans_say(experiment):
    stored = store_spans(experiment, [FIRST, SECOND, ROOT])

    trace = Trace.objects.get()
    assert (stored.accepted, stored.trace_ids) == (3, [trace.pk])
    assert (trace.name, trace.state, trace.execution_duration_ms) == ("turn", "OK", 100)
    assert trace.request_time.timestamp() == START / 1e9
    assert (trace.request_preview, trace.response_preview) == ("Is it covered?", "Yes, it is.")
    assert trace.metadata == {
        "mlflow.trace_schema.version": "3",
        "mlflow.trace.tokenUsage": '{"input_tokens": 30, "output_tokens": 2, "total_tokens": 32}',
    }


@pytest.mark.parametrize("order", list(permutations([ROOT, FIRST, SECOND])), ids=range(6))
def test_the_order_in_which_spans_arrive_does_not_matter(experiment, order):
    for span in order:
        store_spans(experiment, [span])
    trace = Trace.objects.get()
    assert (trace.name, trace.state, trace.execution_duration_ms) == ("turn", "OK", 100)
    assert (trace.request_preview, trace.response_preview) == ("Is it covered?", "Yes, it is.")
    assert '"total_tokens": 32' in trace.metadata["mlflow.trace.tokenUsage"]


def test_without_its_root_a_trace_is_in_progress_and_has_question_and_answer(experiment):
    store_spans(experiment, [FIRST, SECOND])
    trace = Trace.objects.get()
    assert (trace.state, trace.name, trace.execution_duration_ms) == ("IN_PROGRESS", "", None)
    assert (trace.request_preview, trace.response_preview) == ("Is it covered?", "Yes, it is.")


def test_the_same_span_twice_is_one_span(experiment):
    store_spans(experiment, [FIRST, FIRST])
    store_spans(experiment, [FIRST, SECOND])
    assert Span.objects.count() == 2
    assert '"total_tokens": 32' in Trace.objects.get().metadata["mlflow.trace.tokenUsage"]


def test_a_finished_span_replaces_the_running_one(experiment):
    store_spans(experiment, [a_span(ms=None, name="turn")])
    assert Trace.objects.get().state == "IN_PROGRESS"
    store_spans(experiment, [a_span(ms=7, name="turn, done", status="ERROR", status_message="no luck")])

    span, trace = Span.objects.get(), Trace.objects.get()
    assert (span.name, span.status, span.duration_s) == ("turn, done", "ERROR", 0.007)
    assert (trace.state, trace.execution_duration_ms) == ("ERROR", 7)


def test_a_running_span_that_comes_late_does_not_take_back_the_end(experiment):
    running, done = a_span(ms=None, name="turn"), a_span(ms=7, name="turn")
    store_spans(experiment, [done])
    store_spans(experiment, [running])
    store_spans(experiment, [done, running])
    assert Span.objects.get().end_time_ns is not None
    assert Trace.objects.get().state == "OK"


def test_a_known_trace_stays_in_its_experiment(experiment):
    other = Experiment.objects.create(name="Other")
    store_spans(experiment, [ROOT])
    store_spans(other, [FIRST, a_span(trace_id="1" * 32)])
    assert {trace.pk: trace.experiment for trace in Trace.objects.all()} == {
        f"tr-{ID}": experiment,
        "tr-" + "1" * 32: other,
    }


@pytest.mark.parametrize(
    "spans",
    [
        [a_span("a" * 16, parent_id="a" * 16)],
        [a_span("a" * 16, parent_id="b" * 16), a_span("b" * 16, parent_id="a" * 16)],
        [a_span("a" * 16, parent_id="f" * 16)],
    ],
    ids=["its own parent", "a circle", "a parent that never came"],
)
def test_odd_parents_do_no_harm(experiment, spans):
    spans[0].attributes = {"mlflow.spanType": "LLM", "mlflow.chat.tokenUsage": {"input_tokens": 3}}
    store_spans(experiment, spans)
    assert '"input_tokens": 3' in Trace.objects.get().metadata["mlflow.trace.tokenUsage"]


def test_tokens_that_an_agent_added_up_are_not_counted_twice(experiment):
    usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    agent = a_span("1" * 16, attributes={"mlflow.spanType": "AGENT", "mlflow.chat.tokenUsage": usage})
    step = a_span("2" * 16, parent_id="1" * 16, attributes={"mlflow.spanType": "CHAIN"})
    call = a_span("3" * 16, parent_id="2" * 16, attributes={"mlflow.spanType": "LLM", "mlflow.chat.tokenUsage": usage})
    store_spans(experiment, [call, step, agent])
    assert '"total_tokens": 7' in Trace.objects.get().metadata["mlflow.trace.tokenUsage"]


def test_a_batch_may_hold_any_number_of_traces(experiment):
    stored = store_spans(experiment, [a_span(trace_id=f"{number:032x}") for number in range(1, 1202)])
    assert stored.accepted == len(stored.trace_ids) == Trace.objects.count() == Span.objects.count() == 1201


def test_session_user_and_tags_are_kept(experiment):
    attributes = {"session.id": "s" * 300, "user.id": "u-1", "mlflow.traceTag.channel": "web"}
    store_spans(experiment, [a_span(attributes={"openinference.span.kind": "CHAIN", **attributes})])
    trace = Trace.objects.get()
    assert (trace.session_id, trace.user_id, trace.tags) == ("s" * 250, "u-1", {"channel": "web"})
    assert trace.metadata["mlflow.trace.user"] == "u-1"


def test_a_tag_that_somebody_set_stays(experiment):
    store_spans(experiment, [a_span(attributes={"mlflow.traceTag.channel": "web"})])
    Trace.objects.update(tags={"channel": "phone"})
    store_spans(experiment, [a_span("b" * 16, attributes={"mlflow.traceTag.channel": "web"})])
    assert Trace.objects.get().tags == {"channel": "phone"}


def test_names_that_are_too_long_for_the_trace_are_cut_there_only(experiment):
    store_spans(
        experiment, [a_span(name="n" * 500, scope="s" * 500, attributes={"openinference.span.kind": "k" * 300})]
    )
    span, trace = Span.objects.get(), Trace.objects.get()
    assert (len(span.name), len(span.scope), len(span.span_type), len(trace.name)) == (500, 250, 100, 250)


def test_the_answer_of_a_tool_that_closes_the_run_is_the_answer(experiment):
    call = "llm.output_messages.0.message.tool_calls.0.tool_call.function"
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.output_messages.0.message.role": "assistant",
        f"{call}.name": "final_answer",
        f"{call}.arguments": '{"answer": "42"}',
    }
    store_spans(experiment, [a_span(attributes=attributes)])
    assert Trace.objects.get().response_preview == "42"


def test_batches_in_reverse_and_twice_come_out_the_same(experiment):
    name = "special-many-batches-reversed"
    for path in bodies(name):
        store_spans(experiment, read_protobuf(path.read_bytes()).spans)
    in_batches = Trace.objects.get()
    in_batches_as_read = in_batches.metadata, in_batches.request_preview, in_batches.response_preview
    assert in_batches.spans.count() == 63

    in_batches.delete()
    store_spans(experiment, spans_of(name))
    at_once = Trace.objects.get()
    assert (at_once.metadata, at_once.request_preview, at_once.response_preview) == in_batches_as_read


def test_a_call_that_two_instrumentations_recorded_counts_once(experiment):
    call = {"gen_ai.operation.name": "chat", "gen_ai.response.id": "msg_1", "gen_ai.usage.input_tokens": 44}
    other = {**call, "gen_ai.response.id": "msg_2"}
    spans = [a_span(span_id=f"{number:016x}", attributes=each) for number, each in enumerate([call, call, other], 1)]
    store_spans(experiment, spans)
    assert json.loads(Trace.objects.get().metadata["mlflow.trace.tokenUsage"])["input_tokens"] == 88
