"""The protocols that endpoints speak, by the name that `Endpoint.protocol` has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chat.models.endpoints import Endpoint, Target
from chat.prompts import Prompt
from chat.protocols import openai_chat
from chat.protocols.asking import Request
from chat.protocols.reading import AnswerReader


@dataclass(frozen=True, slots=True)
class Protocol:
    """How to ask, and how to read one answer, as a stream or as a whole."""

    request: Callable[[Target, Prompt], Request]
    reader: type[AnswerReader]
    takes_images: bool = True


Names = Endpoint.Protocol
PROTOCOLS: dict[str, Protocol] = {
    Names.OPENAI_CHAT: Protocol(openai_chat.request, openai_chat.Reader),
}
