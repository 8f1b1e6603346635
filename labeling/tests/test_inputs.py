from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from labeling.inputs import InvalidInput, input_of

CHOICE = {"categorical": {"options": ["Hallucination", {"value": "old", "label": "Outdated", "help": "Was true once"}]}}
CHOICES = {"categorical": {"options": ["a", "b", "c"], "multi_select": True}}
RATING = {"rating": {"min": 1, "max": 5, "min_label": "Nothing", "max_label": "Everything"}}


@pytest.mark.parametrize(
    ("config", "raw", "value"),
    [
        ({"pass_fail": {}}, ["true"], True),
        ({"pass_fail": {}}, ["false"], False),
        ({"pass_fail": {}}, [], None),
        (CHOICE, ["old"], "old"),
        (CHOICE, [""], None),
        (CHOICES, ["c", "a", "c"], ["a", "c"]),
        (CHOICES, [], None),
        (RATING, ["5"], 5),
        ({"numeric": {}}, [" -12 "], -12),
        ({"numeric": {}}, ["12.5"], 12.5),
        ({"text": {}}, ["  two\r\nlines  "], "two\nlines"),
        ({"text": {}}, ["   "], None),
        ({"text_list": {}}, ["one\n\n two ", "three"], ["one", "two", "three"]),
    ],
)
def test_clean_gives_the_value_as_it_stands_in_an_assessment(config, raw, value):
    assert input_of(config).clean(raw) == value


@pytest.mark.parametrize(
    ("config", "raw", "says"),
    [
        ({"pass_fail": {}}, ["maybe"], "Choose one of the two"),
        (CHOICE, ["gone"], "“gone” is no longer offered"),
        (CHOICE, ["old", "Hallucination"], "Choose one only"),
        (RATING, ["6"], "“6” is not on the scale. Choose 1 to 5."),
        (RATING, ["1e0"], "not on the scale"),
        ({"numeric": {}}, ["1,234"], "“1,234” is not a number"),
        ({"numeric": {}}, ["nan"], "not a number"),
        ({"numeric": {}}, ["9" * 400], "not a number"),
        ({"numeric": {"min_value": 0}}, ["-1"], "-1 is too small: the least is 0"),
        ({"numeric": {"max_value": 10}}, ["10.5"], "10.5 is too large: the most is 10"),
        ({"text": {"max_length": 3}}, ["abcde"], "2 characters too long"),
        ({"text_list": {"max_count": 1}}, ["a\nb"], "the most is 1"),
        ({"text_list": {"max_length_each": 2}}, ["abc"], "1 characters too long"),
    ],
)
def test_clean_says_what_is_wrong(config, raw, says):
    with pytest.raises(ValidationError, match=says):
        input_of(config).clean(raw)


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"stars": {}},
        {"pass_fail": {}, "text": {}},
        {"pass_fail": {"positive_label": "Same", "negative_label": "Same"}},
        {"pass_fail": {"positive_label": "x" * 65}},
        {"categorical": {}},
        {"categorical": {"options": []}},
        {"categorical": {"options": ["a", "a"]}},
        {"categorical": {"options": [""]}},
        {"categorical": {"options": [str(n) for n in range(21)]}},
        {"rating": {"min": 5, "max": 5}},
        {"rating": {"min": 0, "max": 100}},
        {"rating": {"min": True}},
        {"numeric": {"min_value": 2, "max_value": 1}},
        {"numeric": {"min_value": "1"}},
        {"text": {"max_length": 0}},
        {"text_list": "many"},
    ],
)
def test_input_that_cannot_be_used_is_refused_in_words(config):
    with pytest.raises(InvalidInput) as error:
        input_of(config)
    assert str(error.value)


@pytest.mark.parametrize("config", [{"pass_fail": {}}, CHOICE, CHOICES, RATING, {"numeric": {}}, {"text": {}}])
def test_config_survives_being_read_and_written(config):
    assert input_of(input_of(config).config) == input_of(config)


@pytest.mark.parametrize(
    ("config", "value", "words"),
    [
        ({"pass_fail": {"positive_label": "Fine", "negative_label": "Bad"}}, False, "Bad"),
        (CHOICE, "old", "Outdated"),
        (CHOICES, ["a", "c"], "a, c"),
        (RATING, 4, "4 of 5"),
        ({"numeric": {}}, 0, "0"),
        ({"text_list": {}}, ["one", "two"], "one\ntwo"),
        ({"text": {}}, None, ""),
    ],
)
def test_an_answer_is_said_in_words(config, value, words):
    assert input_of(config).says(value) == words


def test_what_was_answered_is_shown_as_it_was_typed():
    for config, value in [({"pass_fail": {}}, False), (CHOICES, ["a", "c"]), (RATING, 3), ({"numeric": {}}, 2.5)]:
        kind = input_of(config)
        assert kind.clean(kind.raw(value)) == value
