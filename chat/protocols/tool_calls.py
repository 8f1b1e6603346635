"""Tool calls whose arguments come in pieces."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from chat.events import Json, ToolCall
from chat.protocols.decoding import decoded, name_of


@dataclass
class Pending:
    call_id: str
    name: str
    pieces: list[str] = field(default_factory=list)


class ToolCalls:
    """Calls of one answer under the key by which the protocol tells them apart: an index or an id."""

    def __init__(self) -> None:
        self.pending: dict[Hashable, Pending] = {}
        self.n_begun = 0

    def begin(self, key: Hashable, call_id: Json, name: Json) -> list[ToolCall]:
        self.n_begun += 1
        call = Pending(name_of(call_id) or f"call-{self.n_begun}", name_of(name))
        self.pending[key] = call
        return [ToolCall(call.call_id, call.name)]

    def add(self, key: Hashable, piece: Json) -> None:
        if key in self.pending and isinstance(piece, str):
            self.pending[key].pieces.append(piece)

    def finish(self, key: Hashable, arguments: Json = None) -> list[ToolCall]:
        """Return the call with its arguments: those that are given, or all pieces together."""
        call = self.pending.pop(key, None)
        if call is None:
            return []
        return [
            ToolCall(call.call_id, call.name, arguments_of("".join(call.pieces) if arguments is None else arguments))
        ]

    def finish_all(self) -> list[ToolCall]:
        return [call for key in list(self.pending) for call in self.finish(key)]


def arguments_of(written: Json) -> Json:
    """Return arguments as values; text that is no JSON stays text."""
    if not isinstance(written, str):
        return written
    if not written.strip():
        return {}
    try:
        return decoded(written)
    except ValueError:
        return written
