"""A conversation is a tree: each version of a message, or of an answer, begins a branch. One of them is shown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chat.models import Conversation, Turn
from chat.statements import find_stems


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn of the branch that is shown, and its place among its versions: `number` of `total`."""

    turn: Turn
    number: int
    total: int
    before: UUID | None
    after: UUID | None


class Tree:
    """Who follows whom in a conversation. One query, without the texts."""

    def __init__(self, conversation: Conversation) -> None:
        self.parents: dict[UUID, UUID | None] = {}
        self.started: dict[UUID, datetime] = {}
        self.children: dict[UUID | None, list[UUID]] = defaultdict(list)  # oldest first
        for turn in find_stems(conversation.pk):
            self.parents[turn.pk] = turn.parent_id
            self.started[turn.pk] = turn.started_at
            self.children[turn.parent_id].append(turn.pk)

    def path_to(self, turn_id: UUID | None) -> list[UUID]:
        """Return the branch from its root to the turn."""
        path = []
        while turn_id is not None:
            path.append(turn_id)
            turn_id = self.parents[turn_id]
        return path[::-1]

    def versions_of(self, turn_id: UUID) -> list[UUID]:
        return self.children[self.parents[turn_id]]

    def newest_leaf(self, under: UUID | None = None) -> UUID | None:
        """Return the last turn of the branch that somebody went on with most recently."""
        leaves, open_ends = [], [under] if under else list(self.children[None])
        while open_ends:
            turn_id = open_ends.pop()
            followers = self.children.get(turn_id, [])
            open_ends += followers
            if not followers:
                leaves.append(turn_id)
        return max(leaves, key=lambda pk: (self.started[pk], pk), default=None)


def branch_of(conversation: Conversation) -> list[Shown]:
    """Return the branch that is shown, from root to leaf. Two queries."""
    tree = Tree(conversation)
    leaf = conversation.leaf_id if conversation.leaf_id in tree.parents else tree.newest_leaf()
    path = tree.path_to(leaf)
    turns = Turn.objects.select_related("trace").in_bulk(path)
    return [shown(turns[pk], tree.versions_of(pk)) for pk in path if pk in turns]


def place_of(turn: Turn) -> Shown:
    """Return a turn with its place among its versions. One query."""
    return shown(turn, Tree(turn.conversation).versions_of(turn.pk))


def shown(turn: Turn, versions: list[UUID]) -> Shown:
    at = versions.index(turn.pk)
    before = versions[at - 1] if at else None
    after = versions[at + 1] if at + 1 < len(versions) else None
    return Shown(turn, at + 1, len(versions), before, after)
