"""Markdown that is still being written: finished blocks, drawn once, and the open tail, drawn anew now and then.

A block ends at a blank line outside of fenced code, where no list can go on. Where that is depends on
the text alone and not on how it came, so that everybody who draws the same text counts the same blocks.
One after the other they look like `render_markdown` of the whole, but for references that are defined
further down and headings above the first one: when all is there, it is drawn once more as a whole.
"""

from __future__ import annotations

import re
from copy import deepcopy

from django.utils.safestring import SafeString
from markdown_it.utils import EnvType

from traces.reading.rendering.markdown import render_markdown

FENCE = re.compile(r"(`{3,})[^`]*\Z|(~{3,})")
LIST_MARK = re.compile(r"(?:[-+*]|\d{1,9}[.)])(?:\s+|\Z)")
FORMULA_MARKS = {"$$", "\\[", "\\]"}
MARK = re.compile(r"[\[\]*_`~<>&$\\#|:\n\r]")
NEW_CHARS = 20  # fewer are not worth drawing the tail for
PAUSE_S = 0.1
PAUSE_S_PER_CHAR = 0.02 / 1000  # drawing takes about a millisecond for 1,000 characters: this is 5 %
MAX_TAIL_CHARS = 20_000  # of a block that is drawn before it has ended; more of it stands as it is


class Scanner:
    """Finds where blocks end, line by line."""

    def __init__(self) -> None:
        self.fence = ""  # what opened it: ``` or ~~~, or more
        self.is_fence_in_item = False
        self.in_list = False
        self.item_indent = 0  # where the text of the last list item stands
        self.after_blank = False
        self.before = ""  # the last line that was not blank

    def starts_block(self, line: str) -> bool:
        """Take the next whole line; return whether everything before it is finished."""
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if self.fence and not self.leaves_item(text, indent):
            if is_end_of_fence(text, self.fence):
                self.fence = ""
            return False
        if not text:
            self.after_blank = True
            return False
        goes_on = self.in_list and bool(indent or LIST_MARK.match(text))
        is_formula = self.before in FORMULA_MARKS or text in FORMULA_MARKS  # blank lines next to these are no end
        starts = self.after_blank and not goes_on and not is_formula
        self.in_list = self.in_list and not starts
        self.after_blank, self.before = False, text
        self.enter(text, indent)
        return starts

    def starts_block_already(self, beginning: str) -> bool:
        """Return the same of a line that is not whole yet, where its first letter tells."""
        tells = beginning[:1].isalpha() and not self.fence and self.before not in FORMULA_MARKS
        if not (tells and self.after_blank):
            return False
        self.after_blank = self.in_list = False  # the whole line will not start another
        return True

    def leaves_item(self, text: str, indent: int) -> bool:
        """Return whether the fence is over because the list item that it is in is over."""
        leaves = self.is_fence_in_item and bool(text) and indent < self.item_indent
        if leaves:
            self.fence = ""
        return leaves

    def enter(self, text: str, indent: int) -> None:
        while mark := LIST_MARK.match(text):
            self.in_list = True
            self.item_indent = indent = indent + mark.end() + (mark.end() == len(text))
            text = text[mark.end() :]
        if opening := FENCE.match(text):
            self.fence = opening[1] or opening[2]
            self.is_fence_in_item = self.in_list and indent >= self.item_indent


def is_end_of_fence(text: str, fence: str) -> bool:
    return len(text) >= len(fence) and not text.strip(fence[0])


class Growing:
    """`blocks` are finished; `tail` shows the open rest but for `loose`, the pieces that stand behind it as they came.

    `n_tails` counts how often the tail was drawn: another number means that `tail` replaces the one before.
    """

    def __init__(self, text: str = "") -> None:
        self.blocks: list[SafeString] = []
        self.tail = SafeString()
        self.n_tails = 0
        self.loose: list[str] = []
        self.owes_drawing = False  # what came since may look different once it is drawn; plain words do not
        self.n_new_chars = 0  # since the last drawing
        self._new: list[str] = []
        self._open = ""  # all after the last block, but for `_new`
        self._n_scanned = 0  # characters of it
        self._line_is_open = True  # what comes next decides what the line is: a list item, a heading, a rule …
        self._shared: EnvType = {}
        self._scanner = Scanner()
        self._drawn_at = float("-inf")
        if text:
            self.add(text)
            self.draw()

    def add(self, delta: str) -> None:
        self.loose.append(delta)
        self._new.append(delta)
        self.n_new_chars += len(delta)
        if not self.owes_drawing:
            self.owes_drawing = self._line_is_open or bool(MARK.search(delta))

    def draw_if_due(self, now: float) -> bool:
        """Draw what came if it is worth it; `now` in seconds on any clock that goes forward."""
        if not self.owes_drawing or self.n_new_chars < NEW_CHARS or now < self.due_at:
            return False
        self._drawn_at = now
        self.draw()
        return True

    @property
    def due_at(self) -> float:
        """When to draw next at the earliest: the longer the tail, the later."""
        return self._drawn_at + max(PAUSE_S, PAUSE_S_PER_CHAR * min(len(self._open), MAX_TAIL_CHARS))

    def draw(self) -> None:
        """Draw the blocks that are finished by now, and the tail."""
        if not self._new:
            return
        n_blocks = len(self.blocks)
        self._open = self._take_blocks(self._open + "".join(self._new))
        self._new, self.n_new_chars, self.owes_drawing = [], 0, False
        last_line = self._open[self._open.rfind("\n") + 1 :]
        self._line_is_open = not any(map(str.isalpha, last_line[:100]))
        if len(self._open) <= MAX_TAIL_CHARS:
            self.tail = self._draw_tail()
            self.loose = self._gap()
        elif len(self.blocks) > n_blocks:
            self.tail, self.loose = SafeString(), [self._open]
        else:
            return
        self.n_tails += 1

    def _draw_tail(self) -> SafeString:
        if not self._open.strip():
            return SafeString()
        return render_markdown(self._open, shared=deepcopy(self._shared))  # what it defines is not final

    def _gap(self) -> list[str]:
        """Return the white space at the end, which drawing drops outside of code: the next words begin behind it."""
        gap = "" if self._scanner.fence else self._open[len(self._open.rstrip()) :]
        return [gap] if gap and self.tail else []

    def _take_blocks(self, text: str) -> str:
        """Draw what is finished of a text whose beginning was scanned before, and return the rest."""
        starts = []
        while (end := text.find("\n", self._n_scanned) + 1) > 0:
            if self._scanner.starts_block(text[self._n_scanned : end]):
                starts.append(self._n_scanned)
            self._n_scanned = end
        if self._scanner.starts_block_already(text[self._n_scanned :]):
            starts.append(self._n_scanned)
        done = 0
        for start in starts:
            self.blocks.append(render_markdown(text[done:start], shared=self._shared))
            done = start
        self._n_scanned -= done
        return text[done:]
