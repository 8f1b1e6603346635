"""Pieces of a message that are no text, and what can't be shown."""

from __future__ import annotations

import pytest

from traces.dialects.spans import Document, Part
from traces.reading.conversation import Message, Step
from traces.reading.drawing import draw
from traces.tests.test_render_markdown import assert_harmless

PNG = "data:image/png;base64,iVBORw0KGgo="
WAV = "data:audio/wav;base64,UklGRg=="


def drawn(part: Part) -> str:
    html = draw("traces/_part.html", part=part, span_id="1", field="outputs", trace_id="tr-1")
    assert_harmless(html.replace(WAV, PNG))
    return html


def drawn_message(**facts) -> str:
    message = Message("assistant", [Part("text", text="Hello.")], **facts)
    html = draw("traces/_message.html", message=message, trace_id="tr-1")
    assert_harmless(html)
    return html


def test_an_image_that_came_along_is_shown():
    assert f'<img src="{PNG}" alt="A roof"' in drawn(Part("image", url=PNG, text="A roof"))


@pytest.mark.parametrize("url", ["https://tracker.example/p.png?a=1", "http://tracker.example/p.png"])
def test_an_image_elsewhere_is_a_link_that_says_where(url):
    html = drawn(Part("image", url=url))

    assert "<img" not in html
    assert f'href="{url}"' in html
    assert "tracker.example" in html


@pytest.mark.parametrize(
    "url",
    [
        "data:image/svg+xml;base64,PHN2Zz4=", "javascript:alert(1)", "data:text/html,<b>", "mlflow-attachment://a1", "",
        "//x", "http://[", "file:///etc/passwd",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["image", "audio", "file"])
def test_what_cannot_be_shown_says_so(kind, url):
    html = drawn(Part(kind, url=url, mime_type="image/png"))

    assert "<img" not in html
    assert "<audio" not in html
    assert "href" not in html
    assert 'class="file"' in html


def test_a_recording_plays_and_its_transcript_is_read():
    html = drawn(Part("audio", url=WAV, text="My basement is *flooded*."))

    assert f'<audio controls src="{WAV}"' in html
    assert "<em>flooded</em>" in html


def test_a_refusal_says_that_it_is_one():
    assert "declined to answer" in drawn(Part("refusal", text="I can't help with that."))


def test_thinking_is_folded():
    html = drawn(Part("reasoning", text="5 < 8"))

    assert "<details" in html
    assert "<details open" not in html
    assert "5 &lt; 8" in html


def test_a_source_has_number_title_score_and_passage():
    source = Document("We cover **sudden** damage.", title="HO-3 §2.1", url="https://kb.example.org/2-1", score=0.8349)
    html = drawn_message(sources=[source])

    assert "1 source" in html
    assert '<a href="https://kb.example.org/2-1"' in html
    assert "HO-3 §2.1" in html
    assert "0.83" in html
    assert "<strong>sudden</strong>" in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "/admin/"])
def test_a_source_with_an_odd_address_has_no_link(url):
    assert "href" not in drawn_message(sources=[Document("A passage.", title="T", url=url)])


def test_a_source_without_a_title_is_called_by_its_first_words():
    assert "We cover sudden damage" in drawn_message(sources=[Document("We cover sudden damage.")])


def test_a_long_passage_is_cut_at_a_paragraph_and_opens():
    html = drawn_message(sources=[Document("One paragraph of it.\n\n" * 100 + "The end.")])

    assert "Show all" in html
    assert html.index("Show all") < html.index("The end.")


def test_a_step_is_one_line_of_words_that_opens():
    step = Step(
        "look up policy", arguments={"policyNumber": "HP-1"}, result={"status": "active", "riders": []}, duration_s=0.3
    )
    html = drawn_message(steps=[step])

    assert "policy number: HP-1" in html
    assert "→ status: active" in html
    assert "0.3 s" in html
    assert '<dt dir="auto">Policy number</dt>' in html


def test_a_step_that_failed_says_so_in_its_line():
    html = drawn_message(steps=[Step("fx rate", error="Timeout: upstream returned 503", done=True)])

    assert "failed" in html
    assert "upstream returned 503" in html


def test_many_steps_are_folded_after_twelve():
    html = drawn_message(steps=[Step(f"step {n}") for n in range(30)])

    assert "Show all 30 steps" in html
    assert "step 29" in html
