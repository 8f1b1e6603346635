"""The same messages, however the bytes are cut."""

from __future__ import annotations

import random

import pytest

from chat.framing import PLAIN_TEXT, Frame, FrameTooLarge, Framing, JsonLines, PlainText, ServerSentEvents

STREAM = (
    'event: delta\ndata: {"text": "wörld ✓ 你好 🎉"}\n\n'
    ": ping\n\n"
    "retry: 3000\nid: 7\n\n"
    "data: one\ndata: two\n\n"
    "data:no space\n\n"
    "data:  two spaces\n\n"
    "data: a\u2028b\u0085c\u000bd\n\n"
    "event: end\n\n"
)
FRAMES = [
    Frame("delta", '{"text": "wörld ✓ 你好 🎉"}'),
    Frame("", "one\ntwo"),
    Frame("", "no space"),
    Frame("", " two spaces"),
    Frame("", "a\u2028b\u0085c\u000bd"),
    Frame("end", ""),
]


def frames_of(framing: Framing, *chunks: bytes) -> list[Frame]:
    frames = [frame for chunk in chunks for frame in framing.feed(chunk)]
    return frames + framing.close()


def events(*chunks: bytes) -> list[Frame]:
    return frames_of(ServerSentEvents(), *chunks)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = [0, *sorted(at), len(data)]
    return [data[start:end] for start, end in zip(places, places[1:], strict=False)]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"], ids=repr)
def test_a_stream_reads_the_same_wherever_it_is_cut(end: str):
    data = STREAM.replace("\n", end).encode()
    assert events(data) == FRAMES
    assert events(*(bytes([byte]) for byte in data)) == FRAMES
    for n in range(len(data)):
        assert events(data[:n], data[n:]) == FRAMES


def test_a_stream_of_mixed_line_ends_reads_the_same_at_random_cuts():
    luck = random.Random(3)
    for _ in range(300):
        data = mixed(luck).encode()
        assert events(*cut(data, [luck.randrange(len(data)) for _ in range(20)])) == FRAMES


def mixed(luck: random.Random) -> str:
    """Return the stream with a line end of any kind at each line; CR before LF would be one end, not two."""
    data = ""
    for character in STREAM:
        ends = ["\r", "\r\n"] if data.endswith("\r") else ["\n", "\r", "\r\n"]
        data += luck.choice(ends) if character == "\n" else character
    return data


def test_a_message_comes_at_once_although_its_carriage_return_could_begin_a_pair():
    framing = ServerSentEvents()
    assert framing.feed(b"data: x\r\r") == [Frame("", "x")]
    assert framing.feed(b"\ndata: y\r\n\r\n") == [Frame("", "y")]


def test_empty_chunks_change_nothing():
    assert events(b"data: x\r", b"", b"\n\r", b"", b"\n") == [Frame("", "x")]


def test_a_byte_order_mark_is_passed_over_only_at_the_beginning():
    assert events(b"\xef", b"\xbb\xbfdata: x\n\n", b"\xef\xbb\xbfdata: y\n\n") == [Frame("", "x")]


def test_the_last_message_needs_no_blank_line_and_no_line_end():
    assert events(b"data: x\n") == [Frame("", "x")]
    assert events(b"data: x") == [Frame("", "x")]


def test_a_name_without_data_is_a_message_and_fields_about_the_stream_are_none():
    assert events(b"event: end\n\n") == [Frame("end", "")]
    assert events(b"retry: 1\n\nid: 1\n\n:\n\nwhat: x\n\nwhat\n\n") == []


def test_empty_data_is_a_message():
    assert events(b"data\n\ndata:\n\n") == [Frame("", ""), Frame("", "")]
    assert events(b"data: a\ndata\ndata: b\n\n") == [Frame("", "a\n\nb")]


def test_a_name_counts_for_one_message_only():
    assert events(b"event: a\ndata: x\n\ndata: y\n\n") == [Frame("a", "x"), Frame("", "y")]


def test_bytes_that_are_no_text_are_replaced():
    assert events(b"data: a\xff\xfeb\n\n") == [Frame("", "a\ufffd\ufffdb")]


def test_a_message_has_a_largest_size_in_one_line_in_many_and_without_an_end():
    for data in (b"data: " + b"x" * 200 + b"\n\n", b"data: x\n" * 200 + b"\n", b"x" * 200):
        with pytest.raises(FrameTooLarge):
            frames_of(ServerSentEvents(max_bytes=100), *(data[n : n + 7] for n in range(0, len(data), 7)))


def test_a_long_line_in_many_pieces_takes_time_in_proportion():
    framing = ServerSentEvents()
    framing.feed(b"data: ")
    for _ in range(80_000):  # joined anew for each, this would copy 320 GB
        assert framing.feed(b"x" * 100) == []
    assert len(framing.feed(b"\n\n")[0].data) == 8_000_000


def test_lines_of_json_end_at_line_ends_only():
    data = '{"a": "\u2028 \u0085 ✓"}\r\n\n  \n{"b": 1}'.encode()
    expected = [Frame("", '{"a": "\u2028 \u0085 ✓"}'), Frame("", '{"b": 1}')]
    assert frames_of(JsonLines(), data) == expected
    assert frames_of(JsonLines(), *(bytes([byte]) for byte in data)) == expected


def test_a_line_of_json_has_a_largest_size():
    with pytest.raises(FrameTooLarge):
        JsonLines(max_bytes=10).feed(b"x" * 11 + b"\n")


def test_plain_text_comes_as_it_is_with_whole_characters():
    assert frames_of(PlainText(), b"\xef\xbb\xbfa\xe2\x9c", b"\x93b\xe2") == [
        Frame(PLAIN_TEXT, "a"),
        Frame(PLAIN_TEXT, "✓b"),
        Frame(PLAIN_TEXT, "\ufffd"),
    ]
