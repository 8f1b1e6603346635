from __future__ import annotations

import pytest

from traces.reading.rendering.cutting import cut, pieces

PARAGRAPHS = "\n\n".join(f"Paragraph {n} has some words in it." for n in range(200))


def test_a_text_that_is_hardly_longer_stays_whole():
    assert cut("x" * 110, at=100).rest == ""


def test_a_long_text_is_cut_at_a_paragraph():
    part = cut(PARAGRAPHS, at=1_000)

    assert part.head.endswith("it.\n\n")
    assert part.rest.startswith("Paragraph")
    assert part.head + part.rest == PARAGRAPHS


def test_code_is_not_cut_in_two():
    text = "Intro words. " * 30 + "\n\n```python\n" + "x = 1\n\n" * 100 + "```\n\n" + PARAGRAPHS
    part = cut(text, at=600)

    assert part.head.count("```") % 2 == 0


@pytest.mark.parametrize(
    "text", ["x" * 5_000, "word " * 1_000, "a. b. " * 900, "\n" * 5_000, PARAGRAPHS, "```\n" * 2_000, ""]
)
@pytest.mark.parametrize("size", [50, 777])
def test_pieces_are_the_whole_text_in_small_parts(text, size):
    parts = list(pieces(text, size=size))

    assert "".join(parts) == text
    assert all(0 < len(part) <= size for part in parts)
