"""What is masked in texts, and what is left alone."""

from __future__ import annotations

import json

import pytest

from traces.patterns import RefusedPattern
from traces.redaction.custom import check_pattern
from traces.redaction.masking import Masker
from traces.redaction.rules import Rule

BUILT_IN = [Rule("email"), Rule("phone"), Rule("card"), Rule("iban")]


def masked(text: str, *more: Rule) -> str:
    return Masker([*BUILT_IN, *more]).text(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("write to anna.berg+x@mail.example.org.", "write to [e-mail]."),
        ("<a href='mailto:anna@example.org'>", "<a href='mailto:[e-mail]'>"),
        ("jörg@müller.de, 山田@例え.テスト", "[e-mail], [e-mail]"),
        ("?to=anna%40example.org&x=1", "?to=[e-mail]&x=1"),
        ("call +49 (0)30 1234567 today", "call [phone] today"),
        ("+4915112345678; 0049 151 12345678", "[phone]; [phone]"),
        ("(415) 555-2671 or 415-555-2671", "[phone] or [phone]"),
        ("Tel:030 1234567, 0171/1234567", "Tel:[phone], [phone]"),
        ("01 23 45 67 89", "[phone]"),
        ("(ask +49 30 1234567) or (030 1234567)", "(ask [phone]) or ([phone])"),
        ("(0171) 123 45 67", "[phone]"),
        ("pay with 4111 1111 1111 1111 123", "pay with [card] 123"),
        ("4111111111111111, 3782-822463-10005", "[card], [card]"),
        ("order 1234 4111-1111-1111-1111", "order 1234 [card]"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [IBAN] please"),
        ("gb29nwbk60161331926819", "[IBAN]"),
        ("MT84MALT011000012345MTLCAST001S", "[IBAN]"),
    ],
)  # fmt: skip
def test_what_names_a_person_is_masked(text, wanted):
    assert masked(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "2024-11-25T10:33:21.123456Z and 2024-11-25 10:33:21+01:00, 03-25-2024",
        "1764115200000000000", "1764115200123", "550e8400-e29b-41d4-0123-446655440000",
        "tr-0af7651916cd43dd8448eb211c80319c",
        "4111 1111 1111 1112", "0000 0000 0000 0000", "DE89370400440532013001", "192.168.100.200:8080",
        "3.14159265358979", "EUR 1,234,567.89", "user@localhost", "pkg@1.2.3", "@anna", "a @ b.org", "1 000 000 000",
        "v2.10.0-20240101",
        "call_01234567890123", "{'k': 1}", "[1, 2, 3, 4, 5, 6, 7, 8]",
    ],
)  # fmt: skip
def test_times_ids_and_amounts_are_left_alone(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    "value",
    [
        {"to": "anna@example.org", "n": 4111111111111111, "x": 1.10, "lines": ["tel\nanna@example.org", None, True]},
        {"inner": json.dumps({"deep": json.dumps({"mail": "x\n\"anna@example.org\""})})},
        {"ünicode": "é anna@example.org", "anna@example.org": 1, "bob@example.org": 2},
    ],
)  # fmt: skip
@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_stays_json(value, ascii_only):
    text = masked(json.dumps(value, ensure_ascii=ascii_only))
    read = json.loads(text)
    assert "example.org" not in text
    assert len(json.loads(json.dumps(read))) >= 1
    assert "[e-mail]" in text


def test_json_keeps_its_spelling_and_its_numbers():
    text = '{ "a":1.10 ,"b" : 1e400, "c":"anna@example.org", "n": 4111111111111111}'
    assert masked(text) == '{ "a":1.10 ,"b" : 1e400, "c":"[e-mail]", "n": 4111111111111111}'


def test_what_json_escapes_is_seen():
    assert masked('{"a": "anna\\u0040example.org"}') == '{"a": "[e-mail]"}'


def test_numbers_are_left_alone_where_the_name_says_id():
    masker = Masker(BUILT_IN)
    came = {"session.id": "4111111111111111", "threadId": "030 1234567", "user.id": "a@example.org"}
    assert masker.members(came) == {**came, "user.id": "[e-mail]"}
    assert masker.counts == {"e-mail": 1}


def test_a_picture_is_left_alone():
    assert masked("data:image/png;base64,+4915112345678") == "data:image/png;base64,+4915112345678"


def test_a_rule_of_ones_own_masks_by_its_name():
    assert masked("policy POL-12345, POL-9", Rule("regex", "policy", r"POL-\d+")) == "policy [policy], [policy]"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(?<=x)y", "Looking around"), (r"(a)\1", "Looking around"), ("(", "no regular expression"),
        ("a*", "where nothing is"), ("x" * 301, "longer than"), (r"((a{1,100}){1,100}){1,10}", "too long|no regular"),
        (r"a.*x|[A-Z]", "too long"),
    ],
)  # fmt: skip
def test_a_pattern_that_may_not_end_is_refused_in_words(pattern, why):
    with pytest.raises(RefusedPattern, match=why):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"POL-\d{4,10}", r"[0-9]", r"(?i)\bdr\. \w+", r"(a+)+$", r"[A-Z]{2}\d{6}"])
def test_a_pattern_that_ends_is_taken(pattern):
    check_pattern(pattern)


def test_what_is_not_looked_at_in_time_is_masked_whole():
    masker = Masker([Rule("regex", "slow", "a.*x|[A-Z]")])
    masker.deadline = 0.0
    assert masker.text("secret text, and more") == "[slow]"
    assert masker.counts == {"slow": 1}


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000 + "@", "a@" * 300_000, "a.b-" * 250_000 + "@x.", "0 " * 500_000, "4111 " * 200_000,
     "+1(" * 300_000, "DE00 " * 200_000, '["' * 300_000, '"\\u' * 200_000],
)  # fmt: skip
def test_hostile_texts_end(text):
    """Without a bound each of these would take hours."""
    masked(text)
