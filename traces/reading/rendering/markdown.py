"""What people and models write (CommonMark, tables, strikethrough, task lists, formulas) as safe HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from traces.reading.rendering.addresses import link_addresses
from traces.reading.rendering.characters import showable
from traces.reading.rendering.code import code_block
from traces.reading.rendering.cutting import pieces
from traces.reading.rendering.mathematics import mathml, use_formulas
from traces.reading.rendering.sanitising import DATA_IMAGE, clean

MAX_CHARS = 300_000  # of markdown in one call; the rest of a longer text stands as plain paragraphs
MAX_LINE_CHARS = 20_000  # a longer line is no prose: it stands as it is
MAX_MARKS = 3_000  # brackets, asterisks, backticks … in one piece; more is no prose either
MAX_LINES = 2_000  # in one piece, likewise
MAX_NESTING = 80  # of quotes and lists; the parser leaves out what is deeper, so it stands as plain text
MAX_KEPT_CHARS = 10_000  # of a text whose HTML is kept
MARKS = re.compile(r"[\[\]*_`~<!$\\]")
# A text without any of these is the same in markdown: most questions and passages, drawn ten times as fast.
MEANS_SOMETHING = re.compile(r"[\[\]*_`~<>&$\\#|]|://|^[ \t]|^[-+=]|^\d{1,9}[.)]|[ \t]$|\n\n\n", re.MULTILINE)
FENCE_OPENS = re.compile(r"^```([^`\n]*)\n", re.MULTILINE)
FENCE_CLOSES = re.compile(r"^```[ \t]*$", re.MULTILINE)
TASK = re.compile(r"\[([ xX])\]\s+")
LISTS = {"bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close"}
BLOCKS = {"blockquote_open", "heading_open", "paragraph_open", "td_open", "th_open"}
TOP_HEADING = 3  # a page has its own h1 and h2


def render_markdown(text: str, *, shared: EnvType | None = None) -> SafeString:
    """Return safe HTML of a text in markdown. Linear in its length; the odd text degrades to plain paragraphs.

    `shared` goes from one part of a text to the next: the references and the levels of headings so far.
    """
    if shared is None and len(text) <= MAX_KEPT_CHARS:
        return kept(text, get_language())
    return rendered(text, shared)


@lru_cache(maxsize=1_000)
def kept(text: str, _language: str | None) -> SafeString:
    """Instructions to the assistant and passages that it read are the same in trace after trace."""
    return rendered(text, None)


def rendered(text: str, shared: EnvType | None) -> SafeString:
    text = showable(text)
    parts = [piece_html(piece, {} if shared is None else shared) for piece in pieces(text[:MAX_CHARS])]
    if len(text) > MAX_CHARS:
        parts.append(plain_html(text[MAX_CHARS:]))
    return clean("".join(parts))


def render_plain(text: str) -> SafeString:
    """Return safe HTML of a text that is not markdown: paragraphs, lines kept."""
    return clean(plain_html(showable(text)))


def piece_html(text: str, env: EnvType) -> str:
    if not MEANS_SOMETHING.search(text):
        return simple_html(text)
    lines = text.split("\n")
    if len(lines) > MAX_LINES or max(map(len, lines)) > MAX_LINE_CHARS or len(MARKS.findall(text)) > MAX_MARKS:
        return unparsed_html(text)
    try:
        tokens = PARSER.parse(text, env)
    except RecursionError:
        return unparsed_html(text)
    if any(token.level >= MAX_NESTING - 2 for token in tokens):
        return unparsed_html(text)
    return str(PARSER.renderer.render(tokens, PARSER.options, env))


def simple_html(text: str) -> str:
    """What the parser makes of a text that has no marks."""
    paragraphs = (escape(paragraph.strip("\n")) for paragraph in text.split("\n\n") if paragraph.strip())
    return "".join('<p dir="auto">' + p.replace("\n", "<br>\n") + "</p>\n" for p in paragraphs)


def unparsed_html(text: str) -> str:
    """Draw what is too much for the parser: fenced code as code, all else as plain paragraphs."""
    parts = []
    while (opening := FENCE_OPENS.search(text)) and (closing := FENCE_CLOSES.search(text, opening.end())):
        parts += [plain_html(text[: opening.start()]), code_block(text[opening.end() : closing.start()], opening[1])]
        text = text[closing.end() :]
    return "".join([*parts, plain_html(text)])


def plain_html(text: str) -> str:
    paragraphs = (p.strip("\n") for p in text.split("\n\n"))
    return "".join(f'<p class="plain" dir="auto">{escape(p)}</p>' for p in paragraphs if p.strip())


def direct_blocks(state: StateCore) -> None:
    """Let each block take its direction from its own text, and align by class.

    A list has one direction, so that its numbers stand on its items' side: HTML's `auto` looks past
    whatever inside has a `dir` of its own.
    """
    lists = 0
    for token in state.tokens:
        if not lists and (token.type in BLOCKS or token.type in LISTS):
            token.attrSet("dir", "auto")
        lists += token.nesting if token.type in LISTS else 0
        if token.type in {"td_open", "th_open"} and (style := token.attrs.pop("style", None)):
            token.attrSet("class", {"text-align:right": "at-end", "text-align:center": "at-center"}.get(str(style), ""))


def level_headings(state: StateCore) -> None:
    """Keep headings below the page's, and without gaps: a text that begins with `###` means its highest by it."""
    headings = [token for token in state.tokens if token.type in {"heading_open", "heading_close"}]
    known: set[str] = state.env.setdefault("heading_levels", set())
    known.update(token.tag for token in headings)
    levels = sorted(known)
    for token in headings:
        token.tag = f"h{min(6, TOP_HEADING + levels.index(token.tag))}"


def free_empty_headers(state: StateCore) -> None:
    """Make a table's empty header a plain cell: there is nothing for it to be the header of."""
    for opening, inline, closing in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if opening.type == "th_open" and not inline.content:
            opening.tag = closing.tag = "td"


def mark_tasks(state: StateCore) -> None:
    """Turn `[ ]` and `[x]` at the start of a list item into a box that is no form field."""
    for item, _paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or inline.type != "inline" or not inline.children:
            continue
        match = TASK.match(inline.children[0].content)
        if match and inline.children[0].type == "text":
            inline.children[0].content = inline.children[0].content[match.end() :]
            box = Token("task_box", "span", 0, meta={"done": match[1] != " "})
            inline.children.insert(0, box)
            item.attrSet("class", "task")


class SafeRenderer(RendererHTML):
    """Draws what needs another form than the library's."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return code_block(tokens[idx].content, tokens[idx].info)

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return code_block(tokens[idx].content)

    def formula(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        return mathml(token.content, display=token.meta["display"])

    def task_box(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        done = tokens[idx].meta["done"]
        label = escape(gettext("Done") if done else gettext("Not done"))
        kind = "task__box task__box--done" if done else "task__box"
        return f'<span class="{kind}" role="img" aria-label="{label}"></span>'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Draw an image that the text brings along; one that would have to be fetched is a link that says where."""
        token = tokens[idx]
        src = str(token.attrs.get("src") or "")
        alt = escape(self.renderInlineAsText(token.children or [], options, env))
        if DATA_IMAGE.match(src):
            return f'<img src="{escape(src)}" alt="{alt}" loading="lazy">'
        host = urlsplit(src).hostname if src.lower().startswith(("http://", "https://")) else None
        if host is None:
            return f'<span class="blocked">{alt or escape(gettext("An image that can’t be shown"))}</span>'
        label = gettext("%(image)s (image at %(host)s)") % {"image": alt or gettext("Image"), "host": escape(host)}
        return f'<a class="image-link" href="{escape(src)}" target="_blank">{label.strip()}</a>'

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        href = str(tokens[idx].attrs.get("href") or "")
        if not href.lower().startswith(("http://", "https://", "mailto:")):
            return "<span>"
        title = escape(host_of(href))
        return f'<a href="{escape(href)}" title="{title}" target="_blank">'

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</a>"

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="scroll" tabindex="0"><table>'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"


def host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address


def make_parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark",
        {"html": False, "breaks": True, "xhtmlOut": False, "maxNesting": MAX_NESTING},
        renderer_cls=SafeRenderer,
    )
    parser.enable(["table", "strikethrough"])
    parser.disable(["code"])  # four spaces are an accident in what models write, fences are code
    use_formulas(parser)
    parser.core.ruler.push("addresses", link_addresses)
    parser.core.ruler.push("tasks", mark_tasks)
    parser.core.ruler.push("directions", direct_blocks)
    parser.core.ruler.push("headings", level_headings)
    parser.core.ruler.push("headers", free_empty_headers)
    return parser


PARSER = make_parser()
