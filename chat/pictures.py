"""What a running answer looks like: drawn once for all who watch, and only while somebody does."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from chat.events import Text
from chat.folding import Answer
from chat.logs import Log
from traces.reading.rendering.growing import Growing

ACTIVITY_PAUSE_S = 0.25
REASONING_SHOWN = 400  # characters of the latest
MOST_OF_TIME = 0.1  # goes into drawing text that is being written


@dataclass(slots=True)
class Seen:
    """What one reader has of a picture. `tail` and `activity` are numbers of drawings, 0 for none, -1 for any other."""

    blocks: int = 0
    tail: int = 0
    loose: int = 0
    activity: int = 0


def seen_before(n_blocks: int, cursor: int) -> Seen:
    """Return what a page has that was drawn elsewhere: some tail, if there was anything to be drawn by then."""
    return Seen(n_blocks, tail=-1 if cursor else 0)


class Share:
    """Of one process's time, for all pictures together: where many answers run, each is drawn more rarely.

    Words are shown as they come, drawn or not, and must not wait for the drawing of others.
    """

    def __init__(self, part: float) -> None:
        self.part = part
        self.used_at = self.free_at = float("-inf")

    def is_left(self, now: float) -> bool:
        return now >= self.free_at or now < self.used_at  # before it was used: that was another clock

    def use(self, now: float, seconds: float) -> None:
        self.used_at, self.free_at = now, now + seconds / self.part


DRAWING = Share(MOST_OF_TIME)


class Picture:
    """Of one log. `look` before `frame_for`; both belong to the log's event loop."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.cursor = 0
        self.growing = Growing()
        self.doing = Answer()  # steps, sources and reasoning only
        self.activity = ""
        self.n_activities = 0
        self._activity_drawn_at = float("-inf")
        self._activity_is_old = False

    def look(self, now: float) -> None:
        """Take in what the log has, and draw what is due."""
        events = self.log.events
        for number in range(self.cursor, len(events)):
            event = events[number]
            if type(event) is Text:
                self.growing.add(event.delta)
            else:
                self.doing.take(event)
                self._activity_is_old = True
        self.cursor = len(events)
        if DRAWING.is_left(now):
            began = time.perf_counter()
            if self.growing.draw_if_due(now):
                DRAWING.use(now, time.perf_counter() - began)
        if self._activity_is_old and now >= self._activity_drawn_at + ACTIVITY_PAUSE_S:
            self._draw_activity(now)

    def look_closely(self, now: float) -> None:
        """The same, and draw all of the text: nothing more comes for now, or a page comes that others drew."""
        self.look(now)
        self.growing.draw()

    @property
    def owes_drawing(self) -> bool:
        """Whether something is still to be drawn even if nothing new comes."""
        return self._activity_is_old or self.growing.owes_drawing

    def frame_for(self, seen: Seen) -> dict[str, Any]:
        """Return what the reader lacks, and note that they have it: {cursor, blocks?, tail?, text?, activity?}."""
        growing = self.growing
        frame: dict[str, Any] = {"cursor": self.cursor}
        if seen.blocks < len(growing.blocks):
            new = enumerate(growing.blocks[seen.blocks :], seen.blocks)
            frame["blocks"] = [{"n": n, "html": html} for n, html in new]
            seen.blocks = len(growing.blocks)
        if seen.tail != growing.n_tails:
            frame["tail"] = growing.tail
            seen.tail, seen.loose = growing.n_tails, 0
        if text := "".join(growing.loose[seen.loose :]):
            frame["text"] = text
            seen.loose = len(growing.loose)
        if seen.activity != self.n_activities:
            frame["activity"] = self.activity
            seen.activity = self.n_activities
        return frame

    def _draw_activity(self, now: float) -> None:
        self.activity = activity_of(self.doing, is_writing=bool(self.growing.blocks or self.growing.n_tails))
        self.n_activities += 1
        self._activity_is_old = False
        self._activity_drawn_at = now


def activity_of(answer: Answer, *, is_writing: bool) -> str:
    """Return HTML of what the application is doing besides writing: its steps, its thinking, how much it found."""
    return render_to_string(
        "chat/_activity.html",
        {
            "steps": list(answer.steps.values()),
            "thinking": "" if is_writing else answer.reasoning[-REASONING_SHOWN:],
            "n_sources": len(answer.sources),
        },
    )
