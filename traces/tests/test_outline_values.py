from __future__ import annotations

import pytest

from traces.reading.values import outline
from traces.reading.wording import in_words, said
from traces.tests.test_render_markdown import assert_harmless


def test_a_record_is_names_in_words_and_values():
    html = outline({"policyNumber": "HP-1", "is_active": True, "riders": None, "limit_eur": 1500.5})

    assert '<dt dir="auto">Policy number</dt><dd dir="auto">HP-1</dd>' in html
    assert "Yes" in html
    assert "–" in html
    assert "1500.5" in html


def test_records_of_one_kind_are_a_table():
    html = outline([{"month": "2025-01", "orders": 3}, {"month": "2025-02", "orders": 4}])

    assert html.count("<tr>") == 3
    assert "<th" in html


def test_short_values_stand_in_a_row():
    assert outline(["skylight", "roof"]) == "skylight, roof"


def test_json_in_a_text_is_opened():
    assert "Town" in outline('{"town": "Grenfeld"}')
    assert "Town" in outline({"raw": '{"town": "Grenfeld"}'})


def test_lines_of_a_text_are_kept():
    assert '<p class="plain" dir="auto">a\nb</p>' in outline({"text": "a\nb"})


@pytest.mark.parametrize("value", [None, "", [], {}, 0, False, "{broken", 2**70, float("inf")])
def test_every_value_is_drawn(value):
    assert outline(value)


def test_a_hostile_value_is_text():
    html = outline({"<script>x</script>": "<img src=x onerror=alert(1)>", "a": ["<b>", {"c": "javascript:x"}]})

    assert_harmless(html)
    assert "&lt;img" in html


def test_nothing_long_is_left_out():
    assert ("x" * 300_000) in outline({"text": "x" * 300_000})
    assert outline(list(range(1_000))).endswith("999")


def test_depth_has_an_end():
    value: object = "deep"
    for _ in range(500):
        value = {"in": value}

    assert "nested too deeply" in outline(value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lookup_policy", "lookup policy"),
        ("lookupPolicy", "lookup policy"),
        ("SQLQuery.run", "SQL query run"),
        ("Is it covered?", "Is it covered?"),
        ("a-b/c", "a b c"),
    ],
)
def test_names_are_put_in_words(name, words):
    assert in_words(name) == words


def test_a_value_is_said_in_one_line():
    assert said({"account_id": "A-1", "open": True, "tags": ["x", "y"]}) == "account id: A-1, open: yes, tags: x, y"
    assert len(said("word " * 100, limit=50)) <= 50
