"""The live chat: endpoints, conversations with them, turns, and what people said about the answers."""

from __future__ import annotations

from chat.models.batches import Batch, BatchQuestion
from chat.models.comparisons import Comparison, Round
from chat.models.conversations import Conversation, Turn, TurnChunk
from chat.models.endpoints import Endpoint, EndpointQuestion
from chat.models.judgements import Judgement

__all__ = [
    "Batch",
    "BatchQuestion",
    "Comparison",
    "Conversation",
    "Endpoint",
    "EndpointQuestion",
    "Judgement",
    "Round",
    "Turn",
    "TurnChunk",
]
