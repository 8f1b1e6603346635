from __future__ import annotations

import json

import pytest

from chat.questions_file import MOST, Format, format_of, read


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_a_text_has_a_question_on_each_line():
    reading = read("\ufeffAm I covered?\r\n\n  And hail?  \n", Format.LINES)

    assert [(q.line, q.text) for q in reading.questions] == [(1, "Am I covered?"), (3, "And hail?")]
    assert reading.faults == []


def test_a_table_has_them_in_the_column_question():
    text = 'id,Question,expected_response,note\n1,"Hail, too?",Yes,x\n2,,No,\n\n3,"Two\nlines",,'

    reading = read(text, Format.CSV)

    assert reading.column == "Question"
    assert [(q.text, q.expectations) for q in reading.questions] == [
        ("Hail, too?", {"expected_response": "Yes"}),
        ("Two\nlines", {}),
    ]
    assert [(f.line, f.words) for f in reading.faults] == [(3, "There is no question in it.")]


@pytest.mark.parametrize(
    "text", ["Prompt,Note\nHail?,x", "Prompt;Note\nHail?;x", "Prompt\tNote\nHail?\tx", "Prompt\nHail?"]
)
def test_or_in_the_first_column_whatever_parts_the_columns(text):
    reading = read(text, Format.CSV)

    assert (reading.column, [q.text for q in reading.questions]) == ("Prompt", ["Hail?"])


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_nothing_is_nothing(text):
    for form in Format.values:
        assert read(text, form).questions == []


@pytest.mark.parametrize(
    ("record", "messages"),
    [
        ({"question": "Hail?"}, user("Hail?")),
        ({"messages": [{"role": "user", "content": "Hail?"}]}, user("Hail?")),
        ({"inputs": {"question": "Hail?", "lang": "en"}}, user("Hail?")),
        ({"inputs": {"messages": [{"role": "user", "content": "Hail?"}]}}, user("Hail?")),
        ({"inputs": "Hail?"}, user("Hail?")),
        ({"inputs": {"query": "Hail?"}}, user("Hail?")),
        (
            {"messages": [
                {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Hail?"},
            ]},
            [*user("Hi"), {"role": "assistant", "content": "Hello"}, *user("Hail?")],
        ),
    ],
)  # fmt: skip
def test_json_lines_come_in_many_shapes(record, messages):
    [question] = read(json.dumps(record | {"expectations": {"facts": ["a", "b"]}}), Format.JSONL).questions

    assert question.messages == messages
    assert question.expectations == {"facts": ["a", "b"]}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "no JSON."),
        ("[" * 100_000, "no JSON."),
        ('["Hail?"]', "no JSON object"),
        ('{"answer": 1}', "There is no “question”"),
        ('{"question": 1}', "There is no “question”"),
        ('{"question": " "}', "There is no question in it."),
        ('{"question": "?", "expectations": ["x"]}', "must be an object"),
        ('{"messages": [{"role": "user", "content": "?"}, {"role": "user", "content": "?"}]}', "by turns"),
        ('{"messages": [{"role": "user", "content": ["?"]}]}', "by turns"),
        (
            '{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}',
            "must be the user's",
        ),
        ('{"messages": []}', "must be the user's"),
        (json.dumps({"question": "x" * 200_001}), "longer than 200000 characters"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line(line, words):
    reading = read(f'{{"question": "First"}}\n{line}\n{{"question": "Last"}}', Format.JSONL)

    assert [q.text for q in reading.questions] == ["First", "Last"]
    [fault] = reading.faults
    assert fault.line == 2
    assert words in fault.words


def test_so_many_and_no_more():
    reading = read("\n".join(f"Question {n}" for n in range(MOST + 5)), Format.LINES)

    assert reading.n == MOST
    assert [(fault.line, fault.words) for fault in reading.faults] == [
        (MOST + 1, "Only 2000 questions are taken at once.")
    ]


def test_faults_are_not_told_without_end():
    assert len(read("{\n" * 5_000, Format.JSONL).faults) == 100


@pytest.mark.parametrize(
    ("name", "form"), [("q.TXT", "lines"), ("q.csv", "csv"), ("a.b.jsonl", "jsonl"), ("q", "lines")]
)
def test_a_file_is_read_by_its_ending(name, form):
    assert format_of(name) == form


def test_what_no_database_holds_is_replaced():
    record = r'{"question": "Hail\u0000?", "expectations": {"expected_response": "\ud800 yes"}}'

    [question] = read(record, Format.JSONL).questions

    assert question.text == "Hail\u2400?"
    assert question.expectations == {"expected_response": "\ufffd yes"}
