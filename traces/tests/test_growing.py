"""Markdown while it is written: the same blocks for everybody, and at the end what `render_markdown` makes of it."""

from __future__ import annotations

import random

import pytest

from traces.reading.rendering import render_markdown
from traces.reading.rendering.growing import MAX_TAIL_CHARS, Growing

PROSE = "# Cover\n\nYes, **you are**. See [§ 4](https://example.org/4).\n\n## Limits\n\nUp to EUR 6,000\nper claim.\n"
FENCE = (
    "Before\n\n```python\ndef a():\n\n    return 1\n\n\nb = '```'\n```\n\nAfter\n\n~~~~\n```\n\n~~~\n\n~~~~\n\nEnd\n"
)
LISTS = "Steps:\n\n1. one\n\n   more of one\n\n2. two\n   - a\n\n   - b\n\nNo list.\n\n- x\n\n- y\n\n* z\n\nEnd\n"
IN_ITEMS = "- first\n\n  ```sh\n  a\n\n  b\n  ```\n\n- second\n\n1. ```\n   c\n\n   d\n   ```\n\n   e\n\nEnd **now**\n"
LEFT_ITEM = "- ```\n  code\n\nText after a fence that nobody closed.\n\n```\nagain\n\ncode\n```\n\nEnd\n"
TABLE = "So:\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 | 4 |\n\nand\n\n> said\n> more\n\n> other\n\nEnd\n\n---\n\nx\n"
FORMULA = "Sum $a^2$:\n\n$$\n\n\\int_0^1 x\\,dx\n= \\frac12\n\n$$\n\nThen\n\n\\[\na\n\\]\n\n"
FORMULA += "\\begin{align}\na &= b\n\\end{align}\n\nEnd\n"
HOSTILE = "<script>alert(1)</script>\n\n![x](http://evil/x.png)\n\n[a](javascript:alert(1))\n\n<img src=x onerror=a>\n"
LINES = "a\r\n\r\n- b\r\n\r\n- c\r\n\r\nd\u2028e\x85f\n \t\ng\n\n    indented\n\n2. two\n\ny\n"
TEXTS = [
    PROSE,
    FENCE,
    LISTS,
    IN_ITEMS,
    LEFT_ITEM,
    TABLE,
    FORMULA,
    HOSTILE,
    LINES,
    PROSE + FENCE + LISTS + TABLE + FORMULA,
]


def grown(text: str, *, seed: int, draws: float = 0.3) -> Growing:
    """Let a text grow by pieces of any size, drawn now and then."""
    chance = random.Random(seed)
    growing, at = Growing(), 0
    while at < len(text):
        size = chance.choice([1, 2, 3, 5, 40])
        growing.add(text[at : at + size])
        at += size
        if chance.random() < draws:
            growing.draw()
    growing.draw()
    return growing


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("seed", range(5))
def test_at_the_end_it_looks_like_the_whole(text, seed):
    growing = grown(text, seed=seed)

    assert "".join(growing.blocks) + growing.tail == render_markdown(text)


@pytest.mark.parametrize("text", TEXTS)
def test_everybody_counts_the_same_blocks_however_it_came(text):
    at_once = Growing(text).blocks

    assert at_once
    for seed in range(5):
        assert grown(text, seed=seed).blocks == at_once


@pytest.mark.parametrize("text", TEXTS)
def test_a_finished_block_never_changes(text):
    growing, finished = Growing(), []
    for character in text:
        growing.add(character)
        growing.draw()
        assert growing.blocks[: len(finished)] == finished
        finished = list(growing.blocks)


def test_code_with_blank_lines_is_one_block():
    growing = Growing("A\n\n```\na\n\nb\n\nc\n```\n\nB\n")

    assert [block.count("<pre") for block in growing.blocks] == [0, 1]


def test_a_list_is_open_until_something_else_begins():
    growing = Growing("- a\n\n- b\n\n")
    assert not growing.blocks

    growing.add("End\n")
    growing.draw()

    assert [block.count("<li>") for block in growing.blocks] == [2]


def test_what_came_since_the_drawing_stands_behind_the_tail_as_it_is():
    growing = Growing("It is **bold")
    growing.add("** and")
    growing.add(" more")

    assert growing.tail == '<p dir="auto">It is **bold</p>\n'
    assert growing.loose == ["** and", " more"]


def test_the_tail_is_drawn_when_it_is_worth_it_and_not_more_often():
    growing = Growing()
    growing.add("short")
    assert not growing.draw_if_due(0)
    growing.add(" and now long enough")
    assert growing.draw_if_due(0)
    growing.add(" with **twenty** characters more")
    assert not growing.draw_if_due(0.05)
    assert growing.draw_if_due(0.1)


@pytest.mark.parametrize("delta", [" more words, and some. More?", " 12 ('so') – “said” she; é 漢"])
def test_plain_words_look_the_same_undrawn(delta):
    growing = Growing("It is")
    growing.add(delta * 10)

    assert not growing.owes_drawing
    assert not growing.draw_if_due(1)
    assert render_markdown("It is" + delta * 10) == growing.tail.replace("</p>", delta * 10 + "</p>")


@pytest.mark.parametrize("text", ["", "A\n", "A\n\n", "- ", "A\n1", "A\n-", "> ", "#", "---"])
def test_words_matter_where_a_line_is_not_settled_yet(text):
    growing = Growing(text)
    growing.add(" words")

    assert growing.owes_drawing


def test_a_long_tail_is_drawn_more_rarely():
    growing = Growing()
    growing.add("word " * 3_000)
    assert growing.draw_if_due(0)
    growing.add("*word* " * 10)
    assert not growing.draw_if_due(0.2)
    assert growing.draw_if_due(0.5)


def test_a_tail_without_end_is_not_drawn_again_and_again_but_nothing_is_lost():
    line = "x = 1\n\n" * 100
    growing = Growing("Code:\n\n```\n")
    for _ in range(MAX_TAIL_CHARS // len(line) + 10):
        growing.add(line)
        growing.draw()
    n_tails = growing.n_tails
    growing.add("y = 2\n")
    growing.draw()
    assert growing.n_tails == n_tails
    assert growing.loose[-1] == "y = 2\n"

    growing.add("```\n\nEnd\n")
    growing.draw()

    assert len(growing.blocks) == 2
    assert growing.blocks[1].count("x") >= 100 * MAX_TAIL_CHARS // len(line)
    assert growing.tail == '<p dir="auto">End</p>\n'


def test_a_block_and_at_once_a_tail_without_end():
    growing = Growing("One.\n\n" + "Two " * MAX_TAIL_CHARS)

    assert len(growing.blocks) == 1
    assert growing.tail == ""
    assert "".join(growing.loose) == "Two " * MAX_TAIL_CHARS


@pytest.mark.parametrize(("begun", "n_blocks"), [("B", 1), ("É", 1), ("-", 0), ("1", 0), (" b", 0), ("*", 0), ("", 0)])
def test_a_block_is_finished_as_soon_as_it_is_sure_that_another_begins(begun, n_blocks):
    assert len(Growing(f"- A\n\n{begun}").blocks) == n_blocks


def test_a_heading_knows_the_ones_before_it():
    growing = Growing("# A\n\n## B\n\n### C\n\nEnd\n")

    assert [block[:3] for block in growing.blocks] == ["<h3", "<h4", "<h5"]


def test_a_tail_defines_nothing_for_good():
    """It may be another heading by its next character."""
    growing = Growing("# A\n\n##")
    growing.add("# B\n\n## C\n\nEnd\n")
    growing.draw()

    assert "".join(growing.blocks) + growing.tail != ""
    assert growing.blocks == Growing("# A\n\n### B\n\n## C\n\nEnd\n").blocks


def test_the_space_at_the_end_of_the_tail_is_not_lost_before_the_next_word():
    growing = Growing("> Managers ")
    growing.add("and developers")
    assert growing.tail.strip().endswith("Managers</p>\n</blockquote>")
    assert growing.loose == [" ", "and developers"]


def test_code_keeps_its_own_white_space():
    growing = Growing("```\nx = 1 ")
    growing.add("+ 2")
    assert growing.loose == ["+ 2"]
