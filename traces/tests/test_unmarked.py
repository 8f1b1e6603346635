"""The beginning of a text, as a line of a list shows it."""

from __future__ import annotations

import pytest

from traces.reading.wording import unmarked


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Your policy covers **sudden** damage.\n\n## Next", "Your policy covers sudden damage. Next"),
        ("![Bar chart of orders](chart.png) 27 %", "Bar chart of orders 27 %"),
        ("![Bar chart of orders](data:image/png;base64,iVBORw", "Bar chart of orders"),
        ("See [the rules](https://example.org/r?a=1).", "See the rules."),
        ("It says:\n> You can *change* it.\n- one\n- two", "It says: You can change it. one two"),
        ("2 * 3 * 4 and 5 > 3, a - b", "2 * 3 * 4 and 5 > 3, a - b"),
        ("pip install *args, snake_case", "pip install *args, snake_case"),
        ("That removes **everything**: `var/`, __all__.", "That removes everything: var/, all."),
        ("snake__case stays", "snake__case stays"),
        ("-5 degrees", "-5 degrees"),
    ],
)
def test_marks_of_markdown_are_left_out_and_nothing_else(text, line):
    assert unmarked(text) == line
