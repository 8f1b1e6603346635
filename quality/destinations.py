"""Where datasets can be sent. Other rooms, which this one knows nothing of, offer places (`offers`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.models import User
from quality.models import EvaluationDataset


@dataclass(frozen=True, slots=True)
class Destination:
    """A place, how the dataset stands there, and the address that sends it when something is posted to it.

    state      in a few words; `tone` of its badge: pass, fail, warn or empty
    words      a sentence, or the last error
    is_moving  it is on its way: look again soon
    """

    name: str
    deed: str  # what the button says
    url: str
    state: str = ""
    tone: str = ""
    words: str = ""
    is_moving: bool = False


Source = Callable[[EvaluationDataset, User], Sequence[Destination]]
SOURCES: list[Source] = []


def offers(source: Source) -> Source:
    """Register where datasets can be sent."""
    SOURCES.append(source)
    return source


def destinations_of(dataset: EvaluationDataset, user: User) -> list[Destination]:
    return [each for source in SOURCES for each in source(dataset, user)]
