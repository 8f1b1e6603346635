"""What is not in the demo, and the addresses of every page with something on it."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from accounts.models import ApiToken, User
from chat import batching
from chat.models import Batch, Comparison, Conversation, Endpoint, Judgement, Turn
from chat.questions_file import Question
from labeling.models import Item, LabelingSession, LabelSchema, Review, StandingRule
from mlflow_bridge.dataset_copies import DatasetCopy
from mlflow_bridge.models import Connection, Delivery
from quality import editing
from quality.gathering import merge_session
from quality.models import EvaluationDataset, NewRecord
from traces.feedback.models import EndUserFeedback, PublishableKey
from traces.models import Assessment, Span, Trace

MANAGER = "manager@demo.example"
EXPERT = "expert@demo.example"


def add_what_no_demo_has() -> None:
    """End users' feedback, a standing rule, a batch and an MLflow server, each with something that went wrong."""
    add_feedback()
    claims = claims_session()
    StandingRule.objects.create(
        session=claims, filter="feedback.user_feedback = 'false'", seed=4711, last_run_at=timezone.now(),
        last_error="At character 1: unknown name.", next_run_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    add_batch(claims)
    add_server()
    add_dataset(claims)
    ApiToken.objects.issue(user=User.objects.get(email=MANAGER), name="nightly-evaluation-of-claims-" * 3)


def add_feedback() -> None:
    claims, now = claims_session().experiment, timezone.now()
    key = PublishableKey.objects.create(experiment=claims, name="Claims portal", origins=["https://claims.example.org"])
    key.note_use()
    key.note_refusal("Pages of https://staging.example.org may not send with this key.")
    for n, trace in enumerate(Trace.objects.filter(experiment=claims).order_by("pk")[:20]):
        said = {"user_feedback": n % 4 > 0, "user_score": n % 5, "user_categories": ["Wrong", "Unclear"][: n % 3]}
        for name, value in said.items():
            Assessment.objects.create(
                trace=trace, kind="feedback", name=name, value=value, source_type="HUMAN", source_id="customer-18",
                rationale="Not what I asked." if n % 9 == 0 else "",
            )  # fmt: skip
    for n, days in enumerate((-1, 3)):
        EndUserFeedback.objects.create(
            key=key, experiment=claims, idempotency_key=str(n), trace_ref=f"tr-{n}",
            expires_at=now + timedelta(days=days),
            content={"thumbs": False, "comment": "It came on Friday.", "user_id": "customer-18"},
        )  # fmt: skip


def add_batch(session: LabelingSession) -> None:
    """One question is answered, one failed, one waits."""
    manager, endpoint = User.objects.get(email=MANAGER), Endpoint.objects.earliest("created_at")
    questions = [Question(line, [{"role": "user", "content": f"Is hail {line} covered?"}]) for line in (1, 2, 3)]
    batch = batching.begin(session, endpoint, questions, by=manager)
    talk = Conversation.objects.create(endpoint=endpoint, user=manager, is_listed=False)
    outcomes = [("complete", "Yes, it is.", {}), ("failed", "", {"fault": "unreachable"})]
    for question, (state, text, failure) in zip(batch.questions.all()[:2], outcomes, strict=True):
        question.turn = Turn.objects.create(conversation=talk, message="Hail?", text=text, state=state, failure=failure)
        question.save()


def add_server() -> None:
    server = Connection.objects.create(
        name="Team server", tracking_uri="https://mlflow.example.org", last_delivered_at=timezone.now()
    )
    server.endpoints.set(Endpoint.objects.all())
    server.note_error("The server refused the access.")
    said = Judgement.objects.exclude(turn=None).select_related("assessment")[:2]
    for judgement, state in zip(said, ("waiting", "given_up"), strict=True):
        Delivery.objects.create(
            connection=server, assessment=judgement.assessment, turn=judgement.turn, state=state,
            subject=judgement.assessment.trace_id, attempts=3, error="The trace is not there.",
        )  # fmt: skip


def add_dataset(session: LabelingSession) -> None:
    """Experts differ about one answer; the dataset stands otherwise on the server, and a record was changed by hand."""
    (trace, other, *_rest) = [item.trace for item in session.items.select_related("trace")[:3]]
    mark = {"reviewapp.session": str(session.pk)}
    said = [(trace, "No, unless the policy says so.", "ruth@demo.example"), (trace, "Yes. " * 80, EXPERT)]
    said.append((other, ["The limit is 5,000 €.", "It names the clause."], EXPERT))
    for about, value, by in said:
        Assessment.objects.create(
            trace=about, kind="expectation", value=value, source_type="HUMAN", source_id=by, metadata=mark,
            name="expected_facts" if isinstance(value, list) else "expected_response",
        )  # fmt: skip
    dataset = EvaluationDataset.objects.create(name="Claims, what experts expect", tags={"team": "claims"})
    dataset.experiments.add(session.experiment)
    merge_session(dataset, session, by=MANAGER)
    dataset.merge_records([NewRecord({"question": "Is hail covered?", "policy": {"type": "HO-3"}})], by=MANAGER)
    record = dataset.records.exclude(expectations={}).first()
    editing.edit(record, inputs=record.inputs, expectations={"expected_response": "It depends."}, by=MANAGER)
    server = Connection.objects.get()
    DatasetCopy.objects.create(connection=server, dataset=dataset, state="given_up", error="The server refused it.")


def claims_session() -> LabelingSession:
    return LabelingSession.objects.get(name="Claims answers, March")


def pages_of_manager() -> list[str]:
    return [
        "/",
        "/nowhere/",
        *labeling_pages(),
        *traces_pages(),
        *datasets_pages(),
        *feedback_pages(),
        *chat_pages_of_manager(),
        "/accounts/tokens/",
    ]


def labeling_pages() -> list[str]:
    claims, draft = claims_session(), LabelingSession.objects.filter(state="draft").earliest("created_at")
    item = Item.objects.filter(session=claims, n_complete=2).first()
    return [
        "/labeling/sessions/",
        f"/labeling/sessions/{claims.pk}/",
        f"/labeling/sessions/{claims.pk}/items/",
        f"/labeling/sessions/{claims.pk}/items/?show=different",
        f"/labeling/sessions/{claims.pk}/items/{item.pk}/",
        f"/labeling/sessions/{draft.pk}/setup/",
        f"/labeling/sessions/{draft.pk}/setup/try/",
        "/labeling/questions/",
        "/labeling/questions/new/",
        f"/labeling/questions/{LabelSchema.objects.get(name='problems', experiment=claims.experiment).pk}/",
        "/labeling/standing/",
        "/labeling/standing/new/",
        StandingRule.objects.get().get_absolute_url(),
    ]


def traces_pages() -> list[str]:
    trace = Trace.objects.filter(spans__span_type="TOOL", experiment=claims_session().experiment).first()
    span = Span.objects.filter(trace=trace, span_type="TOOL").first()
    several = Trace.objects.exclude(session_id="").values("session_id").annotate(n=Count("pk")).order_by("-n").first()
    return [
        "/traces/",
        "/traces/?filter=feedback.user_feedback+%3D+%27false%27",
        f"/traces/{trace.pk}/",
        f"/traces/{trace.pk}/?view=steps",
        f"/traces/{trace.pk}/?view=steps&span={span.span_id}",
        f"/traces/{trace.pk}/?view=raw",
        f"/traces/{trace.pk}/spans/{span.span_id}/",
        f"/traces/{trace.pk}/spans/{span.span_id}/raw/",
        f"/traces/sessions/{several['session_id']}/",
    ]


def datasets_pages() -> list[str]:
    dataset, session = EvaluationDataset.objects.get(), claims_session()
    return [
        "/datasets/",
        "/datasets/?q=nothing",
        dataset.get_absolute_url(),
        f"{dataset.get_absolute_url()}?q=covered",
        f"{dataset.get_absolute_url()}edit/",
        f"{dataset.get_absolute_url()}records/{dataset.records.exclude(expectations={}).first().pk}/",
        f"/datasets/from-session/{session.pk}/",
        f"/datasets/from-session/{LabelingSession.objects.get(name='Tone of the support bot').pk}/",
    ]


def feedback_pages() -> list[str]:
    return [
        "/feedback/",
        "/feedback/?by=week",
        "/feedback/waiting/",
        "/settings/feedback/",
        "/settings/feedback/new/",
        PublishableKey.objects.get(name="Claims portal").get_absolute_url(),
    ]


def chat_pages_of_manager() -> list[str]:
    endpoint, comparison = Endpoint.objects.earliest("created_at"), Comparison.objects.get()
    judged = Judgement.objects.exclude(turn=None).first().turn
    made = comparison.rounds.exclude(choice="").first()
    return [
        judged.conversation.get_absolute_url(),
        "/chat/endpoints/",
        "/chat/endpoints/new/",
        f"/chat/endpoints/{endpoint.pk}/",
        "/chat/compare/results/",
        "/chat/compare/results/rounds/",
        f"/chat/compare/results/rounds/{made.pk}/",
        "/chat/to-session/",
        f"/chat/to-session/?conversation={judged.conversation_id}",
        "/chat/batches/",
        "/chat/batches/new/",
        f"/chat/batches/{Batch.objects.get().pk}/",
        "/settings/mlflow/",
        "/settings/mlflow/new/",
        Connection.objects.get().get_absolute_url(),
    ]


def pages_of_expert() -> list[str]:
    claims = claims_session()
    tone = LabelingSession.objects.get(name="Tone of the support bot")
    pilot = LabelingSession.objects.get(state="closed")
    mine = Review.objects.filter(user__email=EXPERT)
    return [
        "/",
        f"/labeling/sessions/{claims.pk}/review/",
        f"/labeling/sessions/{claims.pk}/review/?guidelines=1",
        f"/labeling/sessions/{tone.pk}/review/",
        f"/labeling/sessions/{pilot.pk}/review/",
        f"/labeling/reviews/{mine.filter(session=pilot, status='complete').first().pk}/",
        f"/labeling/reviews/{mine.filter(session=claims, status='declined').first().pk}/",
        "/labeling/sessions/",
        *chat_pages_of_expert(),
    ]


def chat_pages_of_expert() -> list[str]:
    judged = Judgement.objects.filter(user__email=EXPERT).exclude(turn=None).first().turn
    return [
        "/chat/",
        judged.conversation.get_absolute_url(),
        f"{judged.conversation.get_absolute_url()}?made={judged.pk}",
        f"/chat/turns/{judged.pk}/judging/",
        f"/chat/{judged.conversation_id}/judging/",
        "/chat/compare/",
        *[comparison.get_absolute_url() for comparison in Comparison.objects.filter(user__email=EXPERT)],
    ]
