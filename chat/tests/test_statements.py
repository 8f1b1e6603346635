"""chat.statements: what is written by hand finds the same as the rules that it stands for."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chat import statements
from chat.access import endpoints_for, readable_conversations_for
from chat.models import Comparison, Conversation, Endpoint, Round, Turn


@pytest.fixture
def people(alice, stranger, mallory):
    return {"let": alice, "stranger": stranger, "manager": mallory}


@pytest.mark.parametrize(
    "fields",
    [{}, {"is_for_everybody": True}, {"archived_at": timezone.now()}, {"is_for_everybody": True, "version": "2"}],
)
def test_who_may_chat(endpoint, people, fields):
    Endpoint.objects.update(**fields)
    for user in people.values():
        assert statements.may_chat(user, endpoint.pk) == endpoints_for(user).filter(pk=endpoint.pk).exists()


@pytest.mark.parametrize("choice", ["", "tie"])
@pytest.mark.parametrize("is_listed", [True, False])
def test_who_may_read(endpoint, people, choice, is_listed):
    """Half of a comparison is not to be read before it is judged."""
    talks = [Conversation.objects.create(endpoint=endpoint, user=people["let"], is_listed=is_listed) for _ in range(2)]
    first, second = (Turn.objects.create(conversation=talk, message="?", state="complete") for talk in talks)
    comparison = Comparison.objects.create(user=people["let"], first=talks[0], second=talks[1])
    Round.objects.create(
        comparison=comparison, number=1, first_turn=first, second_turn=second, first_is_left=True, choice=choice
    )
    for user in people.values():
        for talk in talks:
            expected = readable_conversations_for(user).filter(pk=talk.pk).first()
            found = statements.find_readable(user, talk.pk)
            assert found == expected
            if found:
                assert (found.endpoint.experiment, found.user) == (endpoint.experiment, people["let"])


def test_a_turn_has_its_ids_as_ids(make_turn):
    make_turn()
    asked = make_turn("And my bike?", state="running")
    found = statements.find_turn_in(asked.conversation, asked.pk)

    assert (found.parent_id, found.conversation_id) == (asked.parent_id, asked.conversation_id)
    assert [stem.parent_id for stem in statements.find_stems(asked.conversation_id)] == [None, asked.parent_id]


def test_only_one_claims_a_turn_and_none_that_is_over(make_turn):
    asked, over = make_turn(state="running"), make_turn()

    assert [statements.claim(each.pk) for each in (asked, asked, over)] == [True, False, False]
