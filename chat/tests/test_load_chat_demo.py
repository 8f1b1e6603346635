from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import Role, User
from chat.access import conversations_for, endpoints_for
from chat.demo.loading import IDS, LOOPBACK, experiment_of_guide, point_to
from chat.models import Comparison, Conversation, Endpoint, EndpointQuestion, Judgement, Turn
from traces.models import Assessment
from traces.reading import conversation_of


def load_chat_demo() -> str:
    out = StringIO()
    call_command("load_chat_demo", stdout=out)
    return out.getvalue()


@pytest.fixture
def people(db) -> dict[str, User]:
    """The people of the demo whom the chat needs."""
    roles = {"manager": Role.MANAGER, "expert": Role.EXPERT, "expert2": Role.EXPERT, "expert3": Role.EXPERT}
    return {name: User.objects.create_user(f"{name}@demo.example", role=role) for name, role in roles.items()}


@pytest.fixture
def loaded(people) -> str:
    return load_chat_demo()


def test_it_makes_two_versions_to_chat_with_for_the_demos_experts(loaded, people, alice):
    assert "Review App guide v1.4" in loaded
    assert "Review App guide v2.0" in loaded
    assert [endpoints_for(people[name]).count() for name in ("expert", "expert2", "expert3")] == [2, 2, 2]
    assert not endpoints_for(alice).exists()


def test_answers_and_conversations_have_questions(loaded):
    about = EndpointQuestion.About
    for endpoint in Endpoint.objects.all():
        names = {what: [q.schema.name for q in endpoint.questions.filter(about=what)] for what in about}
        assert names == {about.ANSWER: ["correct", "problems"], about.CONVERSATION: ["found_out", "completeness"]}


def test_finished_conversations_can_be_read_with_sources_and_steps(loaded, people):
    titles = {str(talk) for talk in conversations_for(people["expert"])}
    turn = Turn.objects.get(message__contains="SIGN_IN_LINK_MAX_AGE_S", conversation__is_listed=True)
    answer = conversation_of(turn.trace).exchange[-1]

    assert titles == {"Who overwrites whom", "Port of the server"}
    assert turn.link == Turn.Link.JOINED
    assert "259200" in answer.text
    assert "Ways in" in [source.title for source in answer.sources]
    assert [step.name for step in answer.steps] == ["look up setting"]


def test_the_answer_that_is_praised_for_not_guessing_does_not_guess(loaded):
    """Documents change, and with them what the guide finds in them."""
    praised = Judgement.objects.get(assessment__rationale="Good that it does not guess.")
    assert "I would rather not guess" in praised.turn.text


def test_a_follow_up_was_asked_with_what_was_said_before(loaded):
    turn = Turn.objects.get(message="What about my own answer?")

    assert "overrides" in turn.text
    assert turn.parent.message == "Can somebody overwrite what another expert said?"
    assert conversation_of(turn.trace).question == turn.message


def test_some_answers_are_judged_and_others_wait(loaded):
    judged = Turn.objects.filter(conversation__is_listed=True, judgements__isnull=False).distinct()
    waiting = Turn.objects.filter(conversation__is_listed=True, judgements=None)

    assert judged.count() >= 5
    assert waiting.count() >= 2
    assert {"thumbs", "correct", "problems", "expected_response", "found_out"} <= {
        *Judgement.objects.values_list("name", flat=True)
    }
    assert all(each.assessment.created_at >= each.conversation.created_at for each in Judgement.objects.all())


def test_nothing_of_it_happened_after_now_or_before_its_conversation(loaded):
    for turn in Turn.objects.select_related("conversation", "trace"):
        assert turn.conversation.created_at <= turn.started_at < turn.ended_at <= turn.conversation.updated_at
        assert turn.trace.request_time == turn.started_at


def test_a_comparison_is_judged_but_for_its_last_round(loaded):
    *rounds, last = Comparison.objects.get().rounds.all()

    assert [each.choice for each in rounds] == ["second", "second", "tie", "tie"]
    assert last.choice == ""
    assert not any(each.names_showed for each in rounds)
    assert Assessment.objects.filter(name="side_by_side", trace__turn=rounds[0].second_turn).get().value == "better"
    assert not Conversation.objects.filter(is_listed=True, compared_first__isnull=False).exists()


def test_a_second_time_changes_nothing(loaded):
    assert "left as it is" in load_chat_demo()
    assert Endpoint.objects.count() == 2


def test_it_wants_the_demos_people(db):
    assert "left as it is" in load_chat_demo()
    assert not Endpoint.objects.exists()


def test_an_endpoint_of_somebody_else_is_left_alone(people, endpoint):
    assert "left as it is" in load_chat_demo()


def test_the_demos_endpoints_and_no_others_are_told_where_the_guide_is(loaded, endpoint):
    chosen = Endpoint.objects.get(pk=IDS[0])
    chosen.url = "https://guide.example.org/v1"
    chosen.save()

    point_to(f"{LOOPBACK}4321")

    urls = dict(Endpoint.objects.values_list("pk", "url"))
    assert urls == {IDS[0]: chosen.url, IDS[1]: "http://127.0.0.1:4321/v1", endpoint.pk: endpoint.url}


def test_the_guides_traces_go_where_its_endpoints_do(loaded):
    assert experiment_of_guide().name == "Review App guide"
    for endpoint in Endpoint.objects.all():
        endpoint.archived_at = endpoint.created_at
        endpoint.save()
    assert experiment_of_guide() is None
