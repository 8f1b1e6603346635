"""The demo's sessions, set up and worked on by the same verbs as real ones; then dated back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from django.utils.html import strip_tags

from accounts.models import User
from labeling.claiming import next_review
from labeling.demo.stories import read_yaml
from labeling.inputs import input_of
from labeling.models import LabelingSession, LabelSchema, QuestionSpec, Review, Reviewer, SessionQuestion
from labeling.recording import GivenAnswer, complete, decline
from traces.models import Assessment, Experiment, Trace
from traces.reading import conversation_of
from traces.reading.rendering import render_markdown

Plan = dict[str, Any]  # a session, a review or an answer as it stands in sessions.yaml


class Office:
    """Who and what the sessions are made of; `now` is when the demo is loaded."""

    def __init__(self, people: dict[str, User], traces: dict[str, Trace], now: datetime) -> None:
        self.people = people
        self.traces = traces  # by the key of the story
        self.keys = {trace.pk: key for key, trace in traces.items()}
        self.manager = people["maren"]
        self.now = now

    def ago(self, hours: float) -> datetime:
        return self.now - timedelta(hours=hours)


def set_up_all(office: Office) -> list[LabelingSession]:
    return [set_up(plan, office) for plan in read_yaml("sessions.yaml")]


def set_up(plan: Plan, office: Office) -> LabelingSession:
    """Make a session, let its people do what they have done, and leave it in the state it is in."""
    experiment = Experiment.objects.get(name=plan["experiment"])
    schemas = {schema.name: schema for schema in ask_all(experiment, by=office.manager)}
    session = LabelingSession.objects.create(
        experiment=experiment,
        name=plan["name"],
        instructions=plan["instructions"],
        reviews_per_item=None if plan["reviews_per_item"] == "all" else plan["reviews_per_item"],
        is_blind=plan.get("is_blind", True),
        created_by=office.manager,
    )
    session.set_reviewers([office.people[key] for key in plan["reviewers"]])
    session.add_traces(office.traces[key] for key in plan["traces"])
    session.set_questions([spec_of(entry, schemas) for entry in plan["questions"]])
    if plan["state"] != LabelingSession.State.DRAFT:
        session.open()
    for done in plan["reviews"]:
        do(done, session, office)
    if plan["state"] == LabelingSession.State.CLOSED:
        session.close()
    date_back(session, plan, office)
    return session


def ask_all(experiment: Experiment, by: User) -> list[LabelSchema]:
    return [LabelSchema.objects.ask(experiment=experiment, by=by, **words) for words in read_yaml("questions.yaml")]


def spec_of(entry: Plan, schemas: dict[str, LabelSchema]) -> QuestionSpec:
    return QuestionSpec(schemas[entry["name"]], entry.get("required", False), entry.get("show_if", {}))


def do(plan: Plan, session: LabelingSession, office: Office) -> None:
    """Let a person answer or decline the item that they are handed."""
    user = office.people[plan["by"]]
    review = next_review(session, user)
    if review is None or office.keys[review.item.trace_id] != plan["trace"]:
        raise ValueError(f"{user} is not handed {plan['trace']} but {review}: the order of the reviews is wrong.")
    if "decline" in plan:
        decline(review, reason=plan["decline"], note=plan.get("note", ""))
    else:
        complete(review, answers_of(plan, review), active_s=round(plan["minutes"] * 60))
    date_review_back(review, plan, office)


def answers_of(plan: Plan, review: Review) -> list[GivenAnswer]:
    questions = review.session.questions.select_related("schema__current")
    return [answer_of(plan[q.schema.name], q, review.item.trace) for q in questions if q.schema.name in plan]


def answer_of(plan: Any, question: SessionQuestion, trace: Trace) -> GivenAnswer:
    """Read {value, why, quotes}, or the bare value where that is all."""
    said = plan if isinstance(plan, dict) else {"value": plan}
    version = question.schema.current
    if version is None:
        raise ValueError(f"{question} has no words.")
    given = input_of(version.input)
    value = given.clean(given.raw(said["value"]))  # as the page sends it: choices in the order they are offered
    evidence = [quote_from(trace, text) for text in said.get("quotes", [])]
    return GivenAnswer(question, version, value, said.get("why", ""), evidence)


def quote_from(trace: Trace, text: str) -> dict[str, Any]:
    """Return the anchor of a quote from the answer, as the review page makes one: offsets into the text as drawn."""
    answer = conversation_of(trace).exchange[-1]
    drawn = unescape(strip_tags(render_markdown(answer.text)))
    found = re.search(r"\s+".join(map(re.escape, text.split())), drawn)
    if found is None:
        raise ValueError(f"{trace} does not say {text!r}.")
    start, end = found.span()
    return {"span_id": answer.span_id, "field": answer.anchor_field, "start": start, "end": end, "quote": found[0]}


def date_review_back(review: Review, plan: Plan, office: Office) -> None:
    """Let it have happened when the plan says; the verbs know only now."""
    finished = office.ago(plan["hours_ago"])
    began = finished - timedelta(minutes=plan["minutes"])
    active_s = round(plan["minutes"] * 60)
    Review.objects.filter(pk=review.pk).update(handed_out_at=began, finished_at=finished, active_s=active_s)
    Assessment.objects.filter(answer__review=review).update(created_at=finished, updated_at=finished)
    reviewers = Reviewer.objects.filter(session=review.session, user=review.user)
    reviewers.update(last_active_at=finished)
    reviewers.filter(guidelines_read_at=None).update(guidelines_read_at=began)


def date_back(session: LabelingSession, plan: Plan, office: Office) -> None:
    made = office.ago(plan["created_hours_ago"])
    LabelingSession.objects.filter(pk=session.pk).update(
        created_at=made,
        opened_at=session.opened_at and made + timedelta(minutes=20),
        closed_at=session.closed_at and office.ago(plan["closed_hours_ago"]),
    )
    session.reviewers.update(added_at=made)
