"""A judge learns from what experts said in a session: MLflow's align, with traces that we give."""

from __future__ import annotations

import json
from collections.abc import Iterator

import mlflow
import pytest
from mlflow.entities import Trace as MlflowTrace
from mlflow.genai import make_judge
from mlflow.genai.judges.base import AlignmentOptimizer, Judge
from mlflow.genai.scorers import get_scorer

from accounts.models import User
from labeling.answers import GivenAnswer
from labeling.claiming import next_review
from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from labeling.recording import complete, undo
from mlflow_bridge.rest.tests.llm import language_model
from traces.models import Experiment, Trace

ANSWERS = ["Of course!", "No.", "Gladly.", "Read the manual."]
POLITE = {"Of course!": True, "No.": False, "Gladly.": True, "Read the manual.": False}


def judged(conversation: str) -> str:
    """A judge's mind: content with anything, until it has been told what experts find rude."""
    is_rude = "Short answers are rude." in conversation and ("No." in conversation or "manual" in conversation)
    return json.dumps({"result": not is_rude, "rationale": "So it seems."})


@pytest.fixture
def judge(monkeypatch) -> Iterator[Judge]:
    with language_model(judged) as address:
        monkeypatch.setenv("OPENAI_API_BASE", address)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        yield make_judge(
            name="polite",
            instructions="Is the answer {{ outputs }} polite?",
            model="openai:/m",
            feedback_value_type=bool,
        )


@pytest.fixture
def session(experiment, alice) -> LabelingSession:
    """Alice has all answers of the application before her, and a question that is bound to the judge."""
    for answer in ANSWERS:
        with mlflow.start_span("agent") as span:
            span.set_inputs({"question": "Can you help?"})
            span.set_outputs(answer)
    mlflow.flush_trace_async_logging()
    of = Experiment.objects.get(pk=experiment)
    question = LabelSchema.objects.ask(
        experiment=of, name="politeness", type="feedback", title="Is it polite?", judge_name="polite",
        input={"pass_fail": {"positive_label": "Polite", "negative_label": "Rude"}}, enable_comment=True,
    )  # fmt: skip
    session = LabelingSession.objects.create(experiment=of, name="Politeness")
    session.add_traces(Trace.objects.order_by("request_time"))
    session.set_questions([QuestionSpec(question)])
    session.set_reviewers([alice])
    session.open()
    return session


def review_all(session: LabelingSession, user: User) -> None:
    asked = session.questions.select_related("schema__current").get()
    while review := next_review(session, user):
        polite = POLITE[Trace.objects.get(pk=review.item.trace_id).response_preview]
        complete(review, [GivenAnswer(asked, asked.schema.current, polite, "" if polite else "Short.")], active_s=1)


def said(trace: MlflowTrace, source_type: str) -> list:
    return [each for each in trace.info.assessments if each.name == "polite" and each.source.source_type == source_type]


class Learner(AlignmentOptimizer):
    """Says in the judge's instructions what experts wrote where the judge was of another mind."""

    def align(self, judge: Judge, traces: list[MlflowTrace]) -> Judge:
        rules = set()
        for trace in traces:
            (human,), (own,) = said(trace, "HUMAN"), said(trace, "LLM_JUDGE")
            if human.feedback.value != own.feedback.value:
                rules.add(f"{human.rationale.rstrip('.')} answers are rude.")
        return make_judge(
            name=judge.name, instructions=" ".join([judge.instructions, *sorted(rules)]), model=judge.model,
            feedback_value_type=bool,
        )  # fmt: skip


def test_a_judge_learns_from_a_session(judge, session, alice, experiment):
    mlflow.genai.evaluate(data=mlflow.search_traces(locations=[experiment]), scorers=[judge])
    review_all(session, alice)
    traces = mlflow.search_traces(locations=[experiment], return_type="list")
    minds = {trace.data.spans[0].outputs: (said(trace, "HUMAN")[0], said(trace, "LLM_JUDGE")[0]) for trace in traces}
    assert {answer: human.feedback.value for answer, (human, _own) in minds.items()} == POLITE
    assert {own.feedback.value for _human, own in minds.values()} == {True}
    assert minds["No."][0].rationale == "Short."
    assert minds["No."][0].source.source_id == "alice@example.org"

    aligned = judge.align(traces, Learner())
    assert aligned.instructions.endswith("Short answers are rude.")
    aligned.register()
    result = mlflow.genai.evaluate(data=traces, scorers=[get_scorer(name="polite")])
    assert result.metrics == {"polite/mean": 0.5}
    latest = {
        trace.data.spans[0].outputs: said(trace, "LLM_JUDGE")[-1].feedback.value
        for trace in mlflow.search_traces(locations=[experiment], return_type="list")
    }
    assert latest == POLITE


def test_what_was_taken_back_is_not_learnt_and_what_was_changed_is_the_latest(session, alice, experiment):
    review_all(session, alice)
    first, second = session.reviews.order_by("finished_at").select_related("item", "session", "user")[:2]
    undo(first)
    asked = session.questions.select_related("schema__current").get()
    complete(second, [GivenAnswer(asked, asked.schema.current, True, "On second thoughts.")], active_s=1)
    traces = {trace.info.trace_id: trace for trace in mlflow.search_traces(locations=[experiment], return_type="list")}
    assert said(traces[first.item.trace_id], "HUMAN") == []
    old, new = said(traces[second.item.trace_id], "HUMAN")
    assert (old.valid, new.overrides, new.feedback.value) == (False, old.assessment_id, True)
