from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from traces.ingest.admission import WRITES_SQLITE
from traces.ingest.storing import store_spans
from traces.models import Experiment, Trace, TraceText
from traces.search import driving, full_text, search
from traces.search.full_text import catch_up, write_texts
from traces.search.words import words_of
from traces.tests.corpus_files import spans_of

TEXTS = {
    1: ("My basement flooded after the storm. Am I covered by HO-3?", "Your policy covers sudden water damage."),
    2: ("Zahlt die Gebäudeversicherung bei Überschwemmung der Straße?", "Ja, bis 6.000 EUR."),
    3: ("هل يغطي التأمين أضرارَ العاصفة؟", "نعم، يغطي بند 3.4 أضرار العواصف"),
    4: ("地下室が浸水しました。保険は適用されますか", "はい、水害は補償されます。"),
    5: ("The storm after the flood", "Sudden covers, no water."),
}


@pytest.fixture(params=[0, 2, 5], ids="{} are in the index".format)
def said(request, make_trace) -> None:
    """Texts, of which the first few are in the index already: SQLite takes them in later, several at a time."""
    for number, (question, answer) in TEXTS.items():
        make_trace(number, request_preview=question, response_preview=answer)
        if number == request.param:
            catch_up()


def found(text: str) -> list[int]:
    return [int(trace.pk[3:], 16) for trace in search(text=text).traces]


CASES = [
    ("basement", [1]),
    ("BASEMENT storm", [1]),
    ("storm", [1, 5]),
    ("storm nobody", []),
    ('"after the storm"', [1]),
    ('"water damage', [1]),
    ('"storm after"', [5]),
    ("base*", [1]),
    ("base", []),
    ("ho-3", [1]),
    ("uberschwemmung", [2]),
    ("Überschwemmung", [2]),
    ("STRASSE", [2]),
    ("gebaude*", [2]),
    ("التأمين", [3]),
    ("أضرار العاصفة", [3]),
    ("浸水", [4]),
    ("保険は適用", [4]),
    ("浸保", []),
    ("?!", []),
    ("'; DROP TABLE x; --", []),
    ('" OR NOT *', []),
    ("storm*after", [5]),
]


@pytest.mark.parametrize(("text", "numbers"), CASES)
def test_words_are_found(said, text, numbers):
    assert found(text) == numbers


@pytest.mark.parametrize(("text", "numbers"), CASES)
def test_words_that_many_say_are_found_too(said, monkeypatch, text, numbers):
    """Then no list is made; each trace is looked at."""
    monkeypatch.setattr(driving, "MOST_KNOWN", 0)
    assert found(text) == numbers


def test_words_and_a_filter_together(said):
    assert [trace.pk[-1] for trace in search("timestamp < '2026-03-02T11:58:00Z'", text="storm").traces] == ["5"]


def test_a_changed_text_is_found_by_its_new_words_only(said):
    write_texts([(f"tr-{1:032x}", "Something else", "")])
    assert found("basement") == []
    assert found("something") == [1]


def test_a_deleted_trace_leaves_the_index(said):
    Trace.objects.filter(pk=f"tr-{1:032x}").delete()
    assert found("basement") == []
    write_texts([(f"tr-{2:032x}", "basement", "")])
    assert found("basement") == [2]


def test_what_is_changed_or_deleted_before_it_is_indexed_is_found_as_it_is_then(said):
    write_texts([(f"tr-{1:032x}", "Something else", ""), (f"tr-{5:032x}", "Something new", "")])
    Trace.objects.filter(pk=f"tr-{2:032x}").delete()
    catch_up()

    assert [found(text) for text in ("storm", "something", "strasse", "浸水")] == [[], [1, 5], [], [4]]


def test_the_newest_text_may_go_and_others_come(said):
    Trace.objects.filter(pk=f"tr-{5:032x}").delete()
    write_texts([(f"tr-{1:032x}", "storm", "")])
    assert found("storm") == [1]
    catch_up()
    assert found("storm") == [1]


@pytest.fixture
def caught_up(make_trace) -> None:
    """Whatever ids other tests have used up, what comes next is the first behind the index."""
    make_trace(90, request_preview="before")
    catch_up()


@pytest.mark.about_sqlite  # PostgreSQL's index takes each text in by itself
def test_texts_do_not_wait_for_the_index_without_end(make_trace, caught_up, monkeypatch):
    monkeypatch.setattr(full_text, "MOST_BEHIND", 3)
    behind = []
    for number in range(1, 8):
        make_trace(number, request_preview=f"number {number}")
        behind.append(connection.cursor().execute(full_text.BEHIND).fetchone()[0])

    assert behind == [1, 2, 0, 1, 2, 0, 1]
    assert found("number") == [*range(1, 8)]


@pytest.mark.about_sqlite  # PostgreSQL's index takes each text in by itself
def test_the_index_waits_while_somebody_stores(make_trace, caught_up, monkeypatch):
    monkeypatch.setattr(full_text, "WORTH_IT", 2)
    for number in range(1, 4):
        make_trace(number, request_preview="storm")

    with WRITES_SQLITE:
        full_text.catch_up_if_worth_it()
    assert connection.cursor().execute(full_text.BEHIND).fetchone() == (3,)
    full_text.catch_up_if_worth_it()
    assert connection.cursor().execute(full_text.BEHIND).fetchone() == (0,)


def test_whole_texts_are_found_not_only_what_lists_show(db):
    stored = store_spans(Experiment.objects.get(pk=0), spans_of("oi-langchain-tax-rag"))
    trace = Trace.objects.get(pk=stored.trace_ids[0])
    words = TraceText.objects.get(trace=trace).words

    assert " ".join(words_of(trace.request_preview)) in words
    assert " ".join(words_of(trace.response_preview)) in words
    assert [each.pk for each in search(text=words.split()[-1]).traces] == [trace.pk]


def test_a_trace_is_indexed_once_it_has_ended(db):
    spans = spans_of("oi-langchain-tax-rag")
    children = [span for span in spans if span.parent_id]
    store_spans(Experiment.objects.get(pk=0), children)
    assert not TraceText.objects.exists()
    store_spans(Experiment.objects.get(pk=0), [span for span in spans if not span.parent_id])
    assert TraceText.objects.get().words


def test_a_long_text_is_cut_and_a_long_word_too(make_trace):
    make_trace(1, request_preview="x" * 500 + " " + "word " * 50_000 + "last")
    assert found("word") == [1]
    assert found("x" * 500) == [1]
    assert found("last") == []


def test_older_traces_are_indexed_by_a_command(said):
    TraceText.objects.all().delete()
    assert found("storm") == []

    out = StringIO()
    call_command("index_texts", stdout=out)

    assert "5 traces indexed" in out.getvalue()
    assert found("storm") == [1, 5]
    call_command("index_texts", stdout=out)
    assert "0 traces indexed" in out.getvalue()
