"""What a team's code does with an MLflow client, whatever its release. Prints what came back, as JSON.

usage: python work.py EXPERIMENT
with MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN and MODEL, the address of a language model, in the environment
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import mlflow
from mlflow.entities import AssessmentSource
from mlflow.exceptions import MlflowException

PERSON = AssessmentSource("HUMAN", "ann@example.org")


def trace_and_read() -> dict[str, Any]:
    @mlflow.trace(name="agent", span_type="AGENT")
    def answer(question: str) -> str:
        with mlflow.start_span("look up", span_type="RETRIEVER") as span:
            span.set_inputs({"q": question})
            span.set_outputs([{"page_content": "Storms are covered.", "metadata": {"doc_uri": "policy"}}])
        mlflow.update_current_trace(tags={"team": "claims"}, metadata={"mlflow.trace.session": "s-1"})
        return "Yes."

    answer("Is hail covered?")
    mlflow.flush_trace_async_logging()
    trace = mlflow.get_trace(mlflow.get_last_active_trace_id())
    return {
        "state": str(trace.info.state).rpartition(".")[2],
        "spans": [span.name for span in trace.data.spans],
        "inputs": trace.data.spans[0].inputs,
        "outputs": trace.data.spans[0].outputs,
        "team": trace.info.tags["team"],
        "session": trace.info.trace_metadata["mlflow.trace.session"],
    }


def ask_a_model() -> dict[str, Any]:
    """Let autologging write the traces of several threads, which are sent while the next are made."""
    importlib.import_module("mlflow.openai").autolog()
    model = importlib.import_module("openai").OpenAI(base_url=os.environ["MODEL"], api_key="k", max_retries=0)

    def ask(n: int) -> str:
        with mlflow.start_span("turn"):
            mlflow.update_current_trace(metadata={"mlflow.trace.session": "threads"}, tags={"n": str(n)})
            message = {"role": "user", "content": f"Question {n}"}
            return str(model.chat.completions.create(model="m", messages=[message]).choices[0].message.content)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(12)))
    mlflow.flush_trace_async_logging()
    found = search("metadata.`mlflow.trace.session` = 'threads'")
    spans = [[span.name for span in trace.data.spans] for trace in found]
    inputs = {trace.data.spans[1].inputs["messages"][0]["content"] for trace in found}
    return {
        "answers": sorted(set(answers)),
        "spans": [list(each) for each in sorted({tuple(each) for each in spans})],
        "asked": len(inputs),
        "tags": len({trace.info.tags["n"] for trace in found}),
        "tokens": sum(trace.info.token_usage["total_tokens"] for trace in found),
    }


def say_and_search() -> dict[str, Any]:
    trace_id = mlflow.get_last_active_trace_id()
    said = mlflow.log_feedback(trace_id=trace_id, name="correct", value=True, source=PERSON, rationale="As in § 3.")
    mlflow.log_expectation(trace_id=trace_id, name="expected_facts", value=["hail", "roof"], source=PERSON)
    mlflow.override_feedback(trace_id=trace_id, assessment_id=said.assessment_id, value=False)
    found = search("tags.team = 'claims' AND feedback.correct = 'false'")
    told = sorted((each.name, each.value, each.valid is not False) for each in found[0].info.assessments)
    mlflow.set_trace_tag(trace_id, "seen", "yes")
    return {"found": len(found), "said": told, "tagged": len(search("tags.seen = 'yes'"))}


def search(filter_string: str) -> list[Any]:
    by = {"locations": [EXPERIMENT], "filter_string": filter_string, "return_type": "list"}
    return list(mlflow.search_traces(**by))


def tidy_up() -> dict[str, Any]:
    sessions = mlflow.search_sessions(locations=[EXPERIMENT])
    trace_id = mlflow.get_last_active_trace_id()
    mlflow.delete_trace_tag(trace_id, "seen")
    mlflow.delete_assessment(trace_id, next(each.assessment_id for each in mlflow.get_trace(trace_id).info.assessments))
    return {"turns": [len(each.traces) for each in sessions], "left": len(mlflow.get_trace(trace_id).info.assessments)}


def run() -> dict[str, Any]:
    with mlflow.start_run(run_name="nightly") as run:
        mlflow.log_metric("correct/mean", 0.5)
        mlflow.log_text("hello", "notes/a.txt")
    return {"metrics": mlflow.get_run(run.info.run_id).data.metrics}


def ask_people() -> dict[str, Any]:
    schemas = importlib.import_module("mlflow.genai.label_schemas")
    queues = importlib.import_module("mlflow.genai.review_queues")
    asked = schemas.create_label_schema(
        name="tone", type="feedback", input=schemas.InputCategorical(options=["warm", "cold"]), instruction="How?"
    )
    queue = queues.create_review_queue(
        "Week", queue_type="custom", users=["ann@example.org"], schema_ids=[asked.schema_id]
    )
    (item,) = queues.add_items_to_review_queue(queue.queue_id, item_ids=[mlflow.get_last_active_trace_id()])
    return {"users": queue.users, "status": str(item.status), "queue_id": queue.queue_id}


def meet_an_error() -> dict[str, Any]:
    try:
        mlflow.log_feedback(trace_id="tr-" + "0" * 32, name="x", value=1, source=PERSON)
    except MlflowException as error:
        return {"code": error.error_code}
    return {}


def tried(deed: Any) -> dict[str, Any]:
    """Do it; where the client lacks what it takes, say so."""
    try:
        return deed()
    except (AttributeError, ImportError, TypeError) as error:
        return {"lacks": str(error).partition(" (")[0]}


EXPERIMENT = mlflow.set_experiment(sys.argv[1]).experiment_id
deeds = (trace_and_read, say_and_search, tidy_up, run, ask_people, meet_an_error, ask_a_model)
print(json.dumps({"version": mlflow.__version__} | {deed.__name__: tried(deed) for deed in deeds}))
