"""From what was said about traces to records of a dataset: what would be merged, and where people differ.

A record is a question: traces whose root span has the same inputs are one. What is expected are the valid
expectations on the whole trace (or on its root span); what was said about a step, or about a whole conversation,
is not an answer to this question and stays out. Feedback is no expectation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.models import LabelingSession
from quality.models import DatasetRecord, EvaluationDataset, Merged, NewRecord, Object, digest_of
from quality.weighing import Expected, Rank, Voice, weigh
from traces.feedback.assessing import MARK, NOBODY
from traces.models import Assessment, Json, Span, Trace
from traces.reading.gathering import node_of
from traces.verdicts import SESSION

AT_ONCE = 200  # traces held with their root spans
LABELED_IN = "reviewapp.session"  # in an assessment's metadata: the labeling session that it was said in
READ = ("links", "resource", "logs")  # of a span: nobody reads inputs from them


@dataclass(slots=True)
class Candidate:
    """What one record would say: `expected` by name. `record` is the one that it would be added to."""

    inputs: Object
    digest: str
    outputs: Json = None
    traces: list[Trace] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    record: DatasetRecord | None = None

    @property
    def disputed(self) -> list[Expected]:
        return [each for each in self.expected if each.is_disputed]


@dataclass(slots=True)
class Gathered:
    """What traces give for a dataset; nothing is written yet."""

    candidates: list[Candidate] = field(default_factory=list)
    n_traces: int = 0  # that were chosen and are there
    n_silent: int = 0  # of which nobody said what is expected, and which stay out
    n_unread: int = 0  # whose inputs nobody can tell

    @property
    def n_merged(self) -> int:
        """How many traces have the inputs of another one."""
        return sum(len(each.traces) - 1 for each in self.candidates)

    @property
    def n_new(self) -> int:
        return sum(each.record is None for each in self.candidates)

    @property
    def n_there(self) -> int:
        return len(self.candidates) - self.n_new

    @property
    def disputes(self) -> list[tuple[Candidate, Expected]]:
        return [(candidate, expected) for candidate in self.candidates for expected in candidate.disputed]

    def records(self, *, by: str) -> Iterator[NewRecord]:
        now = timezone.now()
        for each in self.candidates:
            yield NewRecord(
                inputs=each.inputs,
                expectations={expected.name: expected.holds.value for expected in each.expected},
                outputs=each.outputs,
                source=source_of(each.traces[0]),
                provenance={expected.name: expected.provenance(by=by, now=now) for expected in each.expected},
            )


def source_of(trace: Trace) -> Object:
    """Return a trace as the source of a record, as MLflow's client writes it."""
    session = {"session_id": trace.session_id} if trace.session_id else {}
    return {"source_type": "TRACE", "source_data": {"trace_id": trace.pk, **session}}


def gather(
    trace_ids: Sequence[str],
    *,
    dataset: EvaluationDataset | None = None,
    session_id: str = "",
    with_silent: bool = False,
) -> Gathered:
    """Read what is expected of these traces, in their order.

    dataset      where it is to go: what it has is heard, too
    session_id   of the labeling session whose experts are heard first
    with_silent  also the traces of which nobody said what is expected, with their inputs alone

    Queries: 3 or 4 for each AT_ONCE traces.
    """
    found = Gathered()
    by_digest: dict[str, Candidate] = {}
    ids = list(dict.fromkeys(trace_ids))
    for begin in range(0, len(ids), AT_ONCE):
        read_some(ids[begin : begin + AT_ONCE], found, by_digest, session_id, with_silent)
    found.candidates = list(by_digest.values())
    if dataset is not None:
        look_up(found.candidates, dataset)
    for each in found.candidates:
        each.expected = list(expected_of(each))
    return found


def read_some(
    ids: Sequence[str], found: Gathered, by_digest: dict[str, Candidate], session_id: str, with_silent: bool
) -> None:
    traces = Trace.objects.kept().only("session_id", "request_time").in_bulk(ids)
    said = expectations_on(traces)
    found.n_traces += len(traces)
    wanted = [traces[trace_id] for trace_id in ids if trace_id in traces and (with_silent or trace_id in said)]
    roots = roots_of([trace.pk for trace in wanted])
    found.n_silent += len(traces) - len(wanted)
    for trace in wanted:
        root = roots.get(trace.pk)
        reading = node_of(root).reading if root else None
        inputs = inputs_of(reading.inputs) if reading else None
        if root is None or reading is None or inputs is None:
            found.n_unread += 1
            continue
        whole = {"", root.span_id}
        voices = [voice_of(each, session_id) for each in said.get(trace.pk, []) if each.span_id in whole]
        if not voices and not with_silent:
            found.n_silent += 1
            continue
        digest = digest_of(inputs)
        candidate = by_digest.setdefault(digest, Candidate(inputs, digest, reading.outputs))
        candidate.traces.append(trace)
        candidate.voices += voices


def expectations_on(trace_ids: Any) -> dict[str, list[Assessment]]:
    rows = Assessment.objects.filter(trace__in=list(trace_ids), kind=Assessment.Kind.EXPECTATION, valid=True)
    said: dict[str, list[Assessment]] = {}
    for each in rows.order_by("created_at", "pk"):
        if each.value is not None and SESSION not in each.metadata:
            said.setdefault(each.trace_id, []).append(each)
    return said


def roots_of(trace_ids: Sequence[str]) -> dict[str, Span]:
    """Return the first span of each trace that has no parent, or whose parent never arrived."""
    spans = Span.objects.filter(trace__in=trace_ids, parent_id="").defer(*READ).order_by("start_time_ns", "id")
    roots: dict[str, Span] = {}
    for span in spans:
        roots.setdefault(span.trace_id, span)
    if orphans := [trace_id for trace_id in trace_ids if trace_id not in roots]:
        first = Span.objects.filter(trace__in=orphans).defer(*READ).order_by("start_time_ns", "id")
        for span in first.iterator():
            roots.setdefault(span.trace_id, span)
    return roots


def inputs_of(value: Json) -> Object | None:
    """Return the inputs as an object, as MLflow's evaluation hands them to a function; None where there are none."""
    match value:
        case dict():
            return value or None
        case None | "" | []:
            return None
        case list() if all(isinstance(each, dict) and "role" in each for each in value):
            return {"messages": value}
        case _:
            return {"input": value}


def voice_of(said: Assessment, session_id: str) -> Voice:
    labeled_in = str(said.metadata.get(LABELED_IN, ""))
    is_somebody = said.source_id != NOBODY
    return Voice(
        name=said.name,
        value=said.value,
        by=said.source_id,
        at=said.updated_at,
        assessment_id=said.pk,
        trace_id=said.trace_id,
        rank=rank_of(said, labeled_in, session_id),
        session_id=labeled_in,
        source=(said.source_type, said.source_id) if is_somebody else (),
    )


def rank_of(said: Assessment, labeled_in: str, session_id: str) -> Rank:
    if said.source_type != Assessment.SourceType.HUMAN:
        return Rank.PROGRAM
    if MARK in said.metadata:
        return Rank.END_USER
    is_in_it = labeled_in == session_id if session_id else bool(labeled_in)
    return Rank.SESSION if is_in_it else Rank.TEAM


def look_up(candidates: Sequence[Candidate], dataset: EvaluationDataset) -> None:
    """Find the records that the candidates would be added to. Queries: 1 for each AT_ONCE."""
    for begin in range(0, len(candidates), AT_ONCE):
        some = {each.digest: each for each in candidates[begin : begin + AT_ONCE]}
        for record in dataset.records.kept().filter(digest__in=list(some)):
            some[record.digest].record = record


def expected_of(candidate: Candidate) -> Iterator[Expected]:
    there = candidate.record
    for name in dict.fromkeys(voice.name for voice in candidate.voices):
        voices = [voice for voice in candidate.voices if voice.name == name]
        if there is not None and name in there.expectations:
            origin = there.provenance.get(name, {"by": [there.updated_by]})
            yield weigh(name, voices, now=there.expectations[name], origin=origin)
        else:
            yield weigh(name, voices)


@transaction.atomic
def merge_labels(
    dataset: EvaluationDataset, trace_ids: Sequence[str], *, by: str, session_id: str = "", with_silent: bool = False
) -> Merged:
    """Put into a dataset what is expected of these traces; where people differ it goes by the rule. See `gather`."""
    dataset.lock()
    gathered = gather(trace_ids, dataset=dataset, session_id=session_id, with_silent=with_silent)
    return dataset.merge_records(gathered.records(by=by), by=by)


def merge_session(dataset: EvaluationDataset, session: LabelingSession, *, by: str) -> Merged:
    """Put into a dataset what is expected of the traces of a labeling session, its own experts heard first."""
    return merge_labels(dataset, traces_of(session), by=by, session_id=str(session.pk))


def traces_of(session: LabelingSession) -> list[str]:
    return list(session.items.order_by("position").values_list("trace_id", flat=True))
