"""Colours and sizes of text have names; only static/css/app.css, where the tokens are, knows their values.

Django's administration has tokens of its own names, and a switch for dark: static/css/admin.css gives them values.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rules.files import files, line_of, no, text_of

TOKENS = {Path("static/css/app.css"), Path("static/css/admin.css")}
RAW = re.compile(
    r"#[0-9a-f]{3,8}\b(?=[^{}]*[;}])|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\((?!var\()"
    r"|(?<=[:\s,(])(?:white|black|red|green|blue|gr[ae]y|orange|yellow|purple)(?=[\s;,)!])"
    r"|font-size:\s*[\d.]+(?:px|pt)",
    re.IGNORECASE,
)
PHYSICAL = re.compile(
    r"\b(?:margin|padding|border)-(?:left|right)\b|\btext-align:\s*(?:left|right)|(?<![-\w])(?:left|right):\s"
)


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.DOTALL)


def found_in(path: Path, pattern: re.Pattern[str]) -> list[str]:
    text = without_comments(text_of(path))
    return [f"{path}:{line_of(text, match.start())} {match[0]}" for match in pattern.finditer(text)]


def test_raw_colours_and_sizes_stand_in_the_tokens_only():
    sheets = [path for path in files(".css", under="static/css/") if path not in TOKENS]
    no([found for path in sheets for found in found_in(path, RAW)])


def test_nothing_is_left_or_right():
    """Arabic and Hebrew read the other way: start and end, then."""
    no([found for path in files(".css", under="static/css/") for found in found_in(path, PHYSICAL)])


def test_components_stay_in_their_layer():
    """A component may bring tokens of its own; everything else it says yields to the layers after it."""
    layer = re.compile(r"@layer (?:tokens|components) {|}|\s|$")
    found = []
    for path in files(".css", under="static/css/components/"):
        lines = without_comments(text_of(path)).split("\n")
        found += [f"{path}:{number} {line}" for number, line in enumerate(lines, 1) if not layer.match(line)]
    no(found)


@pytest.mark.parametrize(
    "raw", ["color: #fff;", "color: #A1B2C3 }", "color: rgb(1 2 3);", "color: red;", "font-size: 9px;"]
)
def test_raw_values_are_seen(raw):
    assert RAW.search(f"a {{ {raw} }}")


@pytest.mark.parametrize("rule", ["#add { color: var(--text); }", "a { white-space: pre; }", "a { font-size: 1rem; }"])
def test_names_are_no_raw_values(rule):
    assert not RAW.search(rule)
