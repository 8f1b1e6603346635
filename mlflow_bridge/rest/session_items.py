"""What goes into a labeling session from code: traces, and the records of a dataset, some of which an agent answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from chat import batch_running, batching
from chat.models import BatchQuestion
from chat.questions_file import MOST as MOST_QUESTIONS
from chat.questions_file import Question, Unreadable, messages_of
from labeling.models import LabelingSession
from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.copying import copy_into
from mlflow_bridge.rest.errors import invalid, missing
from mlflow_bridge.rest.labeling_models import CodedSession
from mlflow_bridge.rest.labeling_sessions import changeable, changed, visible
from mlflow_bridge.rest.sources import source_for
from quality.gathering import merge_session
from quality.models import DatasetRecord, EvaluationDataset
from traces.ingest.mlflow_json import read_trace
from traces.ingest.whole_traces import store_trace
from traces.models import Experiment, Trace

Said = dict[str, Any]
MOST = 1_000  # traces of one call


@transaction.atomic
def add_traces(call: Call) -> Said:
    """Put traces into the session, those that are new.

    trace_ids   of traces that are here; of those of another experiment a copy is put into the session's
    traces      whole ones, as `trace.to_dict()`, that are stored first
    The answer names in `unknown` the ids of traces that are not here: their sender sends them whole.
    """
    session = taking(call)
    stored = [store_whole(call, session.experiment, each) for each in call.members("traces")]
    ids = [*call.texts("trace_ids"), *stored]
    if len(ids) > MOST:
        raise invalid(f"At most {MOST} traces at once.")
    here = here_in(session.experiment, ids)
    if gone := [each for each in stored if each not in here]:
        raise missing(f"The trace '{gone[0]}' was deleted here a moment ago.")
    session.add_traces(here[each] for each in ids if each in here)
    return changed(call, session) | {"unknown": [each for each in dict.fromkeys(ids) if each not in here]}


@transaction.atomic
def add_dataset(call: Call) -> Said:
    """Put the records of a dataset into the session: the traces that they came from, or their agent's answers."""
    session = taking(call)
    dataset = dataset_called(call.text("dataset_name"), session.experiment)
    to_ask: list[DatasetRecord] = []
    for some in in_pieces(records_in(call, dataset)):
        sources = [source_of(each) for each in some]
        here = here_in(session.experiment, [each for each in sources if each])
        session.add_traces(here[each] for each in sources if each in here)
        to_ask += [each for each, source in zip(some, sources, strict=True) if source not in here]
    if to_ask:
        ask(call, session, to_ask)
    return changed(call, session)


def sync(call: Call) -> Said:
    """Put what is expected of the session's traces into a dataset; feedback is none of it."""
    session = visible(call)
    developer(call)
    dataset = dataset_called(call.text("to_dataset"), session.experiment)
    merged = merge_session(dataset, session, by=call.user.email)
    return {"inserted_count": merged.n_inserted, "updated_count": merged.n_updated}


def taking(call: Call) -> LabelingSession:
    """Return a session that takes items. Raises: ApiError."""
    session = changeable(call)
    if session.state == LabelingSession.State.CLOSED:
        raise invalid("The session is closed. Open it again, on its page, to put more into it.")
    session.lock_setup()  # or two calls would copy the same trace
    return session


def here_in(experiment: Experiment, ids: list[str]) -> dict[str, Trace]:
    """Return those traces that are here, by the ids given; of one of another experiment its copy in this one."""
    found = Trace.objects.kept().in_bulk(set(ids))
    return {
        each: trace if trace.experiment_id == experiment.pk else copy_into(experiment, trace)
        for each, trace in found.items()
    }


def store_whole(call: Call, experiment: Experiment, document: Said) -> str:
    """Store a trace of another server, unless it is here, and return its id. Raises: BadBody."""
    told = read_trace(document)
    if not Trace.objects.filter(pk=told.trace_id).exists():
        for said in told.assessments:
            said.source_id = source_for(call.user, said.source_type, said.source_id)
        store_trace(experiment, told)
    return told.trace_id


def dataset_called(name: str, experiment: Experiment) -> EvaluationDataset:
    """Return the dataset of this name or id: the experiment's own before others', the newest. Raises: ApiError."""
    datasets = EvaluationDataset.objects.order_by("-created_at", "pk")
    called = datasets.filter(name=name)
    found = datasets.filter(pk=name).first() or called.filter(experiments=experiment).first() or called.first()
    if found is None:
        raise missing(f"There is no evaluation dataset '{name:.100}'. Make it: mlflow.genai.create_dataset(name=…).")
    return found


def records_in(call: Call, dataset: EvaluationDataset) -> QuerySet[DatasetRecord]:
    """Return the records that the call names, or all. Raises: ApiError."""
    records = dataset.records.kept().order_by("created_at", "pk")
    if call.has("record_ids"):
        ids = set(call.texts("record_ids"))
        records = records.filter(pk__in=ids)
        gone = ids - set(records.values_list("pk", flat=True))
        if gone:
            raise missing(f"The dataset '{dataset.name:.100}' has no record '{min(gone):.60}'.")
    return records


def in_pieces(records: QuerySet[DatasetRecord]) -> Iterator[list[DatasetRecord]]:
    some: list[DatasetRecord] = []
    for record in records.iterator(chunk_size=MOST):
        some.append(record)
        if len(some) == MOST:
            yield some
            some = []
    yield some


def source_of(record: DatasetRecord) -> str:
    """Return the id of the trace that a record came from; empty when it came from none."""
    data = (record.source or {}).get("source_data")
    return str(data.get("trace_id") or "") if isinstance(data, dict) else ""


def ask(call: Call, session: LabelingSession, records: list[DatasetRecord]) -> None:
    """Let the session's agent answer what nobody has answered; each answer becomes an item. Raises: ApiError."""
    coded = CodedSession.objects.select_related("agent__endpoint").filter(session=session).first()
    if coded is None or coded.agent is None:
        raise invalid(
            f"{len(records)} records have no trace that they came from, as '{records[0].pk}': "
            "give the session an agent, which answers them, or leave them out with record_ids."
        )
    asked = BatchQuestion.objects.filter(batch__session=session).values_list("messages", flat=True)
    known = {json.dumps(messages, sort_keys=True) for messages in asked}
    questions = [each for each in map(question_of, records) if json.dumps(each.messages, sort_keys=True) not in known]
    for begin in range(0, len(questions), MOST_QUESTIONS):
        some = questions[begin : begin + MOST_QUESTIONS]
        endpoint, inputs = coded.agent.endpoint, coded.custom_inputs
        batch = batching.begin(session, endpoint, some, by=call.user, custom_inputs=inputs)
        transaction.on_commit(partial(batch_running.start_soon, batch.pk))


def question_of(record: DatasetRecord) -> Question:
    """Raises: ApiError."""
    try:
        return Question(0, messages_of({"inputs": record.inputs}), record.expectations)
    except Unreadable as error:
        raise invalid(f"The record '{record.pk}' can't be asked: {error}") from error
