from __future__ import annotations

import re
import time

import pytest
from django.utils import translation

from traces.reading.rendering import render_markdown, render_plain
from traces.reading.rendering.markdown import MAX_KEPT_CHARS, MEANS_SOMETHING, PARSER, simple_html
from traces.tests.corpus_files import meta

PNG = "data:image/png;base64,iVBORw0KGgo="


def test_commonmark_is_drawn():
    html = render_markdown("**bold** and *emphasis*\n\n1. one\n2. two\n\n> quoted")

    assert "<strong>bold</strong>" in html
    assert "<em>emphasis</em>" in html
    assert html.count("<li") == 2
    assert "<blockquote" in html


def test_headings_stand_below_those_of_the_page():
    html = render_markdown("## Title\n\n#### Detail\n\n## Next")

    assert re.findall(r"<(h\d)", html) == ["h3", "h4", "h3"]


def test_a_table_scrolls_in_its_own_box_and_is_aligned_by_class():
    html = render_markdown("| a | b |\n|---|---:|\n| 1 | 2 |")

    assert '<div class="scroll" tabindex="0"><table>' in html
    assert '<td dir="auto" class="at-end">2</td>' in html
    assert "style" not in html


def test_an_empty_header_of_a_table_is_a_plain_cell():
    assert "<th " not in render_markdown("| | |\n|---|---|\n| a | b |")


def test_tasks_are_boxes_and_no_form_fields():
    html = render_markdown("- [ ] open\n- [x] done")

    assert html.count('class="task"') == 2
    assert "task__box--done" in html
    assert "<input" not in html


def test_a_single_line_break_is_kept():
    assert "<br>" in render_markdown("Dear customer,\nthank you.")


PLAIN = ["one line", "two\nlines", "a\n\nb", "Ünïcode – “quotes”", "see (x), 3.2 of it", 'She said "no"']


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_without_marks_is_drawn_as_the_parser_would(text):
    assert not MEANS_SOMETHING.search(text)  # or this test means nothing
    assert simple_html(text) == PARSER.render(text)


def test_code_is_named_coloured_and_never_run():
    html = render_markdown("```python\nprint('<b>')\n```")

    assert '<span class="code__name">Python</span>' in html
    assert '<span class="nb">print</span>' in html
    assert "&lt;b&gt;" in html


def test_code_in_an_unknown_language_stays_plain():
    html = render_markdown("```brainfog\n+++\n```")

    assert "brainfog" in html
    assert "<code>+++\n</code>" in html


@pytest.mark.parametrize(
    "text",
    [
        r"$x^2$",
        r"$$x^2$$",
        r"\(x^2\)",
        r"\[x^2\]",
        "$$\nx^2\n$$",
        "\\[\nx^2\n\\]",
        r"so $\frac{1}{2}$ it is",
        r"**$a_1$**",
        "\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}",
    ],
)
def test_formulas_become_mathml(text):
    assert "<math" in render_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "US$ 300 or $3,000",
        "$5-$10",
        "from $1,200 to 1,500$ in total",
        "a$b$c",
        "`$x$`",
        "$ x $",
    ],
)
def test_prices_are_no_formulas(text):
    assert "<math" not in render_markdown(text)


def test_a_formula_that_cannot_be_read_stands_as_its_source():
    html = render_markdown(r"$$\href{javascript:alert(1)}{x} \def\a{\a\a}\a$$")

    assert "formula--source" in html
    assert r"\def\a" in html
    assert "href=" not in html


def test_markup_in_the_text_of_a_formula_is_text():
    html = render_markdown(r"$\text{<script>alert(1)</script>}$")

    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_links_say_where_they_go_and_take_nothing_along():
    html = render_markdown("[policy](https://kb.example.org/a?b=1&c=2)")

    assert 'href="https://kb.example.org/a?b=1&amp;c=2"' in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'target="_blank"' in html
    assert 'title="kb.example.org"' in html


def test_bare_addresses_are_links_without_the_full_stop():
    html = render_markdown("See https://example.org/a_(b)_c. Or (https://example.org/d), [x](https://example.org/e).")

    assert re.findall(r'href="([^"]+)"', html) == [
        "https://example.org/a_(b)_c",
        "https://example.org/d",
        "https://example.org/e",
    ]


def test_an_image_in_the_text_is_shown():
    assert f'<img src="{PNG}" alt="Trend"' in render_markdown(f"![Trend]({PNG})")


def test_a_remote_image_is_a_link_that_names_the_host():
    html = render_markdown("![pixel](https://tracker.example/p.gif?id=1)")

    assert "<img" not in html
    assert 'href="https://tracker.example/p.gif?id=1"' in html
    assert "image at tracker.example" in html


def test_each_block_takes_its_own_direction():
    html = render_markdown("السلام عليكم\n\nHello **you**")

    assert html.count('<p dir="auto">') == 2


def test_a_list_takes_the_direction_of_its_items_and_keeps_its_numbers_beside_them():
    html = render_markdown("1. أولًا\n   - فرعي\n2. ثانيًا")
    assert html.startswith('<ol dir="auto">')
    assert html.count("dir=") == 1


def test_controls_and_direction_overrides_are_made_visible():
    html = render_markdown("invoice_\u202egpj.exe\u202c bell\x07 \ud800 ok")

    assert "\u202e" not in html
    assert "\x07" not in html
    assert "invoice_\ufffdgpj.exe" in html


HOSTILE = [
    "<script>x</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<iframe srcdoc=x></iframe>",
    "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](java&#115;cript:alert(1))", "[a](vbscript:x)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)", "![a](data:image/svg+xml;base64,PHN2Zz4=)", "<style>*{}</style>",
    "<base href=https://evil.example>", "<form action=https://evil.example><input></form>", "<a href='javascript:x'>",
    "[r]: javascript:alert(1)\n\n[a][r]", "<https://evil.example/\"onmouseover=alert(1)>", "`<script>`",
    "~~~\n<script>", "$$<img src=x onerror=alert(1)>$$", "[a](https://x.example \"\" onclick=alert(1)\")",
    "![\" onerror=x](data:image/png;base64,AA==)",
]  # fmt: skip
FORBIDDEN = {"script", "svg", "iframe", "style", "base", "form", "input", "meta", "object", "link"}
TAG = re.compile(r"<(/?[a-zA-Z][\w-]*)([^>]*)>")
SAFE_ADDRESS = re.compile(r'(?:href|src)="(?:https?://|mailto:|/traces/|data:image/(?:png|jpeg|gif|webp);base64,)')


def assert_harmless(html: str) -> None:
    for tag, attributes in TAG.findall(html):
        assert tag.strip("/").lower() not in FORBIDDEN
        names = re.findall(r'([\w-]+)=(?:"[^"]*"|[^\s"]+)', attributes)
        assert not [name for name in names if name.startswith("on") or name == "style"], attributes
        addresses = re.findall(r'(?:href|src)="[^"]*"', attributes)
        assert all(SAFE_ADDRESS.match(address) for address in addresses), attributes


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_gets_through(text):
    assert_harmless(render_markdown(text))
    assert_harmless(render_plain(text))


@pytest.mark.parametrize("name", ["oi-openai-hostile-html", "mlflow-openai-hostile-strings"])
def test_the_hostile_answers_of_the_corpus_are_shown_and_do_nothing(name):
    for answer in meta(name)["reviewer_should_see"]["answers"]:
        html = render_markdown(answer)
        assert_harmless(html)
        assert len(html) > len(answer) / 2  # shown, not dropped


@pytest.mark.parametrize(
    "unit",
    [
        "[", "![", "![a](", "[a](b", "*a ", "**a *b ", "_a", "a_b*", "`", "`a``b", "<a ", "> ", "- ", "|a|b", "$a ",
        "$$", "\\(", "\\[ ", "&a;", "~~a ~", "https://", "# a\n", "| a |\n|---|\n", "1. ", "\n    a", "```\n", "{",
        "$\\frac{", "(", "a",
    ],
)  # fmt: skip
def test_no_input_takes_long(unit):
    text = unit * (60_000 // len(unit))
    start = time.process_time()

    render_markdown(text)

    assert time.process_time() - start < 4  # seconds; 60 KB of ordinary prose takes 0.06


def test_deep_nesting_degrades_to_plain_text():
    assert "deep" in render_markdown("> " * 5_000 + "deep")
    assert "deep" in render_markdown("".join("  " * n + "- x\n" for n in range(300)) + "deep")


def test_the_end_of_a_very_long_text_is_there():
    text = "A paragraph of words.\n\n" * 20_000 + "The end."

    assert render_markdown(text).rstrip().endswith("The end.</p>")


@pytest.mark.parametrize("heavy", ["[" * 4_000, "> " * 5_000 + "deep", "line\n" * 3_000])
def test_code_stays_code_in_what_is_too_much_for_the_parser(heavy):
    html = render_markdown(f'Before.\n```json\n{{"a": 1}}\n```\nAfter {heavy}')

    assert html.count('<div class="code"') == 1
    assert html.index("Before.") < html.index("<pre") < html.index("</pre>") < html.index("After")
    assert "```" not in html


def test_a_block_of_code_without_end_stays_as_written_in_what_is_too_much_for_the_parser():
    assert "```json" in render_markdown("```json\n{\n" + "> " * 5_000 + "[" * 4_000)


def test_the_same_text_is_drawn_once_in_each_language():
    text = "- [x] Said only here."
    english = render_markdown(text)

    assert render_markdown(text) is english
    with translation.override("de"):
        assert render_markdown(text) is not english
    assert render_markdown("a " * MAX_KEPT_CHARS) is not render_markdown("a " * MAX_KEPT_CHARS)
