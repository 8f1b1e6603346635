r"""Formulas: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and `\begin{align}…\end{align}` in markdown, drawn as MathML.

A dollar opens a formula only before a non-space, and closes it only after a non-space and not
before a digit (Pandoc's rule), so that "$5 and $10" stays money; what still reads like a price
followed by words stays text too.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.etree.ElementTree import Element  # noqa: S405  the type only: nothing is parsed with it

from django.utils.html import escape
from latex2mathml import exceptions as latex_errors
from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

MAX_CHARS = 2_000  # of one formula; longer ones stand as their source
PRICE_WITH_WORDS = re.compile(r"[\d.,]+[\s,;:]+[^\\^_={}]*[^\W\d_]{2}[^\\^_={}]*$")

# Environments that stand without delimiters. The library knows `align`; the others are drawn like it.
ENVIRONMENT = re.compile(r"\\begin\{(align|aligned|cases|eqnarray|equation|gather|gathered|multline|split)(\*?)\}")
LIKE_ALIGN = re.compile(r"\\(begin|end)\{(?:align|aligned|eqnarray|gather|gathered|multline)\*?\}")
NO_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{equation\*?\}")

# The library has no common error; on broken input it also fails like any parser does.
UNREADABLE: tuple[type[Exception], ...] = (
    *(e for e in vars(latex_errors).values() if isinstance(e, type) and issubclass(e, Exception)),
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, StopIteration, TypeError, ValueError,
)  # fmt: skip


def use_formulas(markdown: MarkdownIt) -> None:
    """Teach the parser the four delimiters; tokens are `formula` (content, meta.display)."""
    markdown.inline.ruler.before("escape", "formula", inline_formula)
    markdown.block.ruler.before(
        "fence", "formula_block", block_formula, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def inline_formula(state: StateInline, silent: bool) -> bool:
    found = formula_at(state.src, state.pos, state.posMax)
    if found is None:
        return False
    content, end, display = found
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = content
        token.meta = {"display": display}
    state.pos = end
    return True


def formula_at(src: str, pos: int, limit: int) -> tuple[str, int, bool] | None:
    """Return (source, end, display) of the formula that begins at `pos`, if one does."""
    limit = min(limit, pos + MAX_CHARS)
    for opening, closing, display in (("$$", "$$", True), ("\\(", "\\)", False), ("\\[", "\\]", True)):
        if src.startswith(opening, pos):
            end = src.find(closing, pos + 2, limit)
            content = src[pos + 2 : end].strip() if end > 0 else ""
            return (content, end + 2, display) if content else None
    if src.startswith("$", pos):
        return dollar_formula_at(src, pos, limit)
    return None


def dollar_formula_at(src: str, pos: int, limit: int) -> tuple[str, int, bool] | None:
    if src[pos + 1 : pos + 2].strip() == "" or (pos and (src[pos - 1].isalnum() or src[pos - 1] == "$")):
        return None
    end = src.find("$", pos + 1, limit)
    while end > 0 and src[end - 1] == "\\":
        end = src.find("$", end + 1, limit)
    if end < 0 or src[end - 1].isspace() or src[end + 1 : end + 2].isdigit():
        return None
    content = src[pos + 1 : end]
    if "\n\n" in content or "`" in content or PRICE_WITH_WORDS.match(content):
        return None
    return content, end + 1, False


def block_formula(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A formula from the start of a line to the end of this or a later line."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    found = block_formula_at(state.src, begin, min(state.eMarks[end_line - 1], begin + MAX_CHARS))
    if found is None:
        return False
    content, end = found
    last_line = next((n for n in range(start_line, end_line) if state.eMarks[n] >= end), end_line - 1)
    if not content or "\n\n" in content or state.src[end : state.eMarks[last_line]].strip():
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.block = True
        token.content = content
        token.meta = {"display": True}
        token.map = [start_line, last_line + 1]
        state.line = last_line + 1
    return True


def block_formula_at(src: str, begin: int, limit: int) -> tuple[str, int] | None:
    """Return (source, end) of the formula that begins a line at `begin`, if one does."""
    closing = {"$$": "$$", "\\[": "\\]"}.get(src[begin : begin + 2])
    if closing is not None:
        end = src.find(closing, begin + 2, limit)
        return None if end < 0 else (src[begin + 2 : end].strip(), end + 2)
    environment = ENVIRONMENT.match(src, begin)
    if environment is None:
        return None
    closing = f"\\end{{{environment[1]}{environment[2]}}}"
    end = src.find(closing, environment.end(), limit)
    return None if end < 0 else (src[begin : end + len(closing)], end + len(closing))


@lru_cache(maxsize=2_000)
def mathml(latex: str, *, display: bool) -> str:
    """Return MathML, or the source in <code> where it can't be read; not sanitised yet."""
    try:
        plain = NO_ENVIRONMENT.sub("", LIKE_ALIGN.sub(r"\\\1{align}", latex))
        root = convert_to_element(plain, display="block" if display else "inline")
        drawn = markup_of(root)
    except UNREADABLE:
        return f'<code class="formula formula--source" dir="ltr">{escape(latex)}</code>'
    kind = 'class="formula formula--block" tabindex="0"' if display else 'class="formula"'
    return f'<span {kind} dir="ltr">{drawn}</span>'


def markup_of(element: Element) -> str:
    """Serialise with every text escaped: the library's own `convert` lets `<script>` in a text through."""
    attributes = "".join(f' {name}="{escape(html.unescape(value))}"' for name, value in element.items())
    children = "".join(markup_of(child) + escape(child.tail or "") for child in element)
    return f"<{element.tag}{attributes}>{escape(html.unescape(element.text or ''))}{children}</{element.tag}>"
