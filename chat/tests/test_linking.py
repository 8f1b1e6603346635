"""chat.linking: the application's own trace, whenever it comes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from chat import judging
from chat.linking import PATIENCE, arrived, link_of, normal_id
from chat.models import Judgement, Turn
from chat.models.judgements import THUMBS
from chat.showing import answer_of
from chat.tracing import record, trace_id_of, traceparent_of
from chat.turn_spans import in_ns
from traces.announcing import Arrival
from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_spans
from traces.models import Assessment, Experiment, Trace
from traces.reading import conversation_of

pytestmark = pytest.mark.django_db

Link = Turn.Link
OWN = "0af7651916cd43dd8448eb211c80319c"
STARTED = timezone.now() - timedelta(minutes=1)
Come = Callable[..., None]


def app_spans(trace_id: str, parent_id: str = "", at: datetime = STARTED, session: str = "") -> list[IncomingSpan]:
    """What an application under MLflow's SDK sends of one answer: itself, and a search."""
    begin = in_ns(at) + 50_000_000
    root = IncomingSpan(
        trace_id=trace_id,
        span_id="b" * 16,
        parent_id=parent_id,
        name="claims_agent",
        start_time_ns=begin,
        end_time_ns=begin + 1_000_000_000,
        attributes={
            "mlflow.spanType": "AGENT",
            "mlflow.spanInputs": {"messages": [{"role": "user", "content": "Am I covered?"}]},
            "mlflow.spanOutputs": "Yes, you **are**.",
            **({"mlflow.trace.session": session} if session else {}),
        },
    )
    found = [{"page_content": "If the home …", "metadata": {"title": "3.9 Unoccupied homes"}, "id": "d1"}]
    search = IncomingSpan(
        trace_id=trace_id,
        span_id="c" * 16,
        parent_id="b" * 16,
        name="search_policy",
        start_time_ns=begin + 1,
        end_time_ns=begin + 400_000_000,
        attributes={"mlflow.spanType": "RETRIEVER", "mlflow.spanOutputs": found},
    )
    return [root, search]


@pytest.fixture
def come(claims, django_capture_on_commit_callbacks) -> Come:
    """Return a function: spans arrive, are committed, and whoever waits for them hears of it."""

    def store(spans: list[IncomingSpan], experiment: Experiment = claims) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            store_spans(experiment, spans)

    return store


@pytest.fixture
def asked(make_turn) -> Callable[..., Turn]:
    """Return a function: a turn that was asked a minute ago and took two seconds, not yet recorded."""

    def make(**fields) -> Turn:
        started = fields.pop("started_at", STARTED)
        return make_turn(started_at=started, ended_at=started + timedelta(seconds=2), **fields)

    return make


@pytest.fixture
def traced(endpoint) -> None:
    endpoint.sends_traceparent = True
    endpoint.save()


def copies() -> list[tuple]:
    """What stands on the application's trace, oldest first."""
    said = Assessment.objects.filter(trace=f"tr-{OWN}").order_by("created_at", "pk")
    return [(each.name, each.value, each.rationale, each.valid) for each in said]


@pytest.mark.parametrize(
    ("said", "called"),
    [
        (OWN, f"tr-{OWN}"),
        (OWN.upper(), f"tr-{OWN}"),
        (f"tr-{OWN}", f"tr-{OWN}"),
        (f"00-{OWN}-00f067aa0ba902b7-01", f"tr-{OWN}"),
        (" run_7 ", "run_7"),
        ("x" * 400, "x" * 250),
        ("", ""),
    ],
)
def test_ids_are_called_as_traces_here_are(said, called):
    assert normal_id(said) == called


def test_nothing_is_awaited_of_an_endpoint_that_promises_nothing(asked):
    turn = asked()
    record(turn)

    assert (turn.link, link_of(turn)) == (Link.NONE, Link.NONE)


def test_named_and_there_already_is_found_with_what_it_adds(asked, come):
    come(app_spans(OWN))
    turn = asked(own_trace_id=OWN)
    record(turn)

    assert (turn.link, turn.own_trace_id) == (Link.FOUND, f"tr-{OWN}")
    assert [source.title for source in answer_of(turn).sources] == ["3.9 Unoccupied homes"]


def test_named_and_not_there_is_waited_for_and_found_when_it_comes(asked, come, alice):
    turn = asked(own_trace_id=OWN)
    record(turn)
    assert link_of(turn) == Link.WAITING
    judging.thumb(turn, alice, False)
    judging.comment(turn, alice, "Ignores 3.9.")

    come(app_spans(OWN))

    turn.refresh_from_db()
    assert turn.link == Link.FOUND
    assert copies() == [(THUMBS, False, "Ignores 3.9.", True)]
    copy = Judgement.objects.get().copy
    assert (copy.source_id, copy.metadata["reviewapp.copy_of"]) == (alice.email, Judgement.objects.get().assessment_id)


def test_copies_follow_a_changed_mind_and_go_with_what_is_taken_back(asked, come, alice):
    come(app_spans(OWN))
    turn = asked(own_trace_id=OWN)
    record(turn)
    judging.thumb(turn, alice, True)
    judging.thumb(turn, alice, False)
    assert copies() == [(THUMBS, True, "", False), (THUMBS, False, "", True)]
    assert Judgement.objects.get().copy.overrides.value is True

    judging.thumb(turn, alice, None)
    assert [valid for *_said, valid in copies()] == [False, False]


def test_what_is_said_of_the_conversation_is_copied_too(asked, come, alice):
    turn = asked(own_trace_id=OWN)
    record(turn)
    judging.say(turn.conversation, alice, "helpful", True)
    come(app_spans(OWN))

    assert copies() == [("helpful", True, "", True)]
    judging.say(turn.conversation, alice, "helpful", False)
    assert copies()[-1] == ("helpful", False, "", True)


def test_what_never_came_counts_as_missing_and_may_still_come(asked, come):
    started = timezone.now() - PATIENCE - timedelta(minutes=1)
    turn = asked(own_trace_id=OWN, started_at=started)
    record(turn)
    assert link_of(turn) == Link.MISSING

    come(app_spans(OWN, at=started))
    turn.refresh_from_db()
    assert link_of(turn) == Link.FOUND


def test_a_trace_that_was_there_long_before_is_not_opened_by_naming_it(asked, come):
    come(app_spans(OWN, at=STARTED - timedelta(hours=1)))
    turn = asked(own_trace_id=OWN)
    record(turn)

    assert turn.link == Link.WAITING
    assert answer_of(turn).sources == []


def test_spans_that_come_after_join_and_the_root_stays_ours(traced, asked, come):
    turn = asked(trace_span_id="a" * 16)
    record(turn)
    assert turn.link == Link.WAITING

    come(app_spans(turn.pk.hex, parent_id="a" * 16))

    turn.refresh_from_db()
    trace = turn.trace
    assert (turn.link, trace.name, trace.state) == (Link.JOINED, "chat turn", "OK")
    assert trace.spans.count() == 3
    assert [source.title for source in answer_of(turn).sources] == ["3.9 Unoccupied homes"]


def test_spans_that_come_before_are_kept_and_move_to_the_endpoints_experiment(traced, asked, come):
    turn = asked(trace_span_id="a" * 16)
    come(app_spans(turn.pk.hex, parent_id="a" * 16), experiment=Experiment.objects.get(pk=0))
    assert Trace.objects.get().state == "IN_PROGRESS"
    record(turn)

    assert (turn.link, turn.trace.experiment, turn.trace.state) == (
        Link.JOINED,
        turn.conversation.endpoint.experiment,
        "OK",
    )
    assert turn.trace.spans.count() == 3
    told = conversation_of(turn.trace)
    assert (told.question, told.answer) == ("Am I covered?", "Yes, you **are**.")


def test_a_step_that_both_tell_of_is_told_once(traced, asked, come):
    step = {"call_id": "c1", "name": "look up policy", "arguments": {}, "output": "active", "error": ""}
    source = {"title": "as the stream called it", "text": "If the home …"}
    turn = asked(trace_span_id="a" * 16, steps=[step, {**step, "name": "other"}], sources=[source])
    record(turn)
    spans = app_spans(turn.pk.hex, parent_id="a" * 16)
    begin = spans[0].start_time_ns
    tool = IncomingSpan(
        trace_id=turn.pk.hex,
        span_id="d" * 16,
        parent_id="b" * 16,
        name="look_up_policy",
        start_time_ns=begin,
        end_time_ns=begin + 300_000_000,
        attributes={"mlflow.spanType": "TOOL", "mlflow.spanInputs": {}, "mlflow.spanOutputs": "active"},
    )
    come([*spans, tool])

    turn.refresh_from_db()
    for answer in (answer_of(turn), conversation_of(turn.trace).exchange[-1]):
        assert sorted(step.name for step in answer.steps) == ["look up policy", "other"]
        assert [source.title for source in answer.sources] == ["3.9 Unoccupied homes"]


def test_a_trace_that_names_the_conversation_as_its_session_is_found_before_and_after(asked, come):
    first, second = asked(), asked(started_at=STARTED + timedelta(seconds=20))
    session = str(first.conversation_id)
    come(app_spans(OWN, session=session))
    record(first)
    assert (first.link, first.own_trace_id) == (Link.FOUND, f"tr-{OWN}")

    record(second)
    assert second.link == Link.NONE
    come(app_spans("1" * 32, at=second.started_at, session=session))
    second.refresh_from_db()
    assert (second.link, second.own_trace_id) == (Link.FOUND, f"tr-{'1' * 32}")


def test_turns_and_traces_of_a_session_are_matched_in_their_order(asked, come):
    """Two answers at once, whose traces come together and late; and one without any."""
    turns = [asked(started_at=STARTED + timedelta(seconds=at)) for at in (0, 1, 30)]
    for turn in turns:
        record(turn)
    session = str(turns[0].conversation_id)
    late = app_spans("2" * 32, at=STARTED + timedelta(seconds=1.2), session=session)
    early = app_spans("1" * 32, at=STARTED + timedelta(seconds=0.9), session=session)
    come([*late, *early])

    for turn in turns:
        turn.refresh_from_db()
    assert [turn.own_trace_id for turn in turns] == [f"tr-{'1' * 32}", f"tr-{'2' * 32}", ""]


def test_a_session_of_another_time_or_name_is_not_taken(asked, come):
    turn = asked()
    record(turn)
    come(app_spans("1" * 32, at=STARTED + timedelta(minutes=5), session=str(turn.conversation_id)))
    come(app_spans("2" * 32, session=str(uuid.uuid4())))
    come(app_spans("3" * 32, session="not an id"))

    turn.refresh_from_db()
    assert (turn.link, turn.own_trace_id) == (Link.NONE, "")


def test_a_running_turn_waits_for_its_end(asked, come):
    turn = asked(state=Turn.State.RUNNING)
    come(app_spans(OWN, session=str(turn.conversation_id)))

    turn.refresh_from_db()
    assert turn.link == Link.NONE


def test_traces_that_nobody_waits_for_cost_one_query(django_assert_num_queries, asked):
    record(asked())
    with django_assert_num_queries(1):
        arrived([Arrival(f"tr-{uuid.uuid4().hex}", str(uuid.uuid4())) for _ in range(500)])


def test_the_id_we_send_is_the_id_of_the_record(asked):
    turn = asked()
    record(turn)

    assert traceparent_of(turn).split("-")[1] == trace_id_of(turn).removeprefix("tr-")
