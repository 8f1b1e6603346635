from __future__ import annotations

import pytest

from chat.titles import LONGEST, title_of


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("Burst pipe while away", "Burst pipe while away"),
        ("\n\n  ## Hello **there**\nand more", "Hello there"),
        ("nul\0byte", "nul␀byte"),
        ("", ""),
        ("   \n ", ""),
    ],
)
def test_it_is_the_first_line_that_says_something(message, title):
    assert title_of(message) == title


def test_a_long_one_is_cut_between_words():
    title = title_of("word " * 40)

    assert len(title) <= LONGEST
    assert title.endswith("word…")


def test_one_endless_word_is_cut_anywhere():
    assert title_of("x" * 500) == "x" * (LONGEST - 1) + "…"
