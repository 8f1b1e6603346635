"""The second wall: whatever the renderer wrote, only this list reaches the page.

The first is markdown with HTML switched off. Both must fail before a stranger's text can do anything.
"""

from __future__ import annotations

import re

import nh3
from django.utils.safestring import SafeString, mark_safe

from traces.reading.rendering import code

DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")
WEB_ADDRESS = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
OWN_FILE = re.compile(r"/traces/tr-[0-9a-f]{32}/attachments/[0-9A-Za-z-]{8,64}/\?type=[\w%.+-]{0,100}\Z")
REL = "noopener noreferrer nofollow"

MATHML = {
    "math", "menclose", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mroot",
    "mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder",
    "munderover",
}  # fmt: skip
PROSE = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "dl", "dt", "dd",
}  # fmt: skip
CLASSES = {
    "a": {"image-link"},
    "code": {"formula", "formula--source"},
    "div": {"code", "scroll", "plain"},
    "dl": {"outline"},
    "li": {"task"},
    "p": {"plain"},
    "span": {"code__name", "formula", "formula--block", "task__box", "task__box--done", "blocked", *code.CLASSES},
    "table": {"outline"},
    "td": {"at-end", "at-center"},
    "th": {"at-end", "at-center"},
    "ul": {"outline", "tasks"},
}
ATTRIBUTES = {
    "*": {"dir"},
    "a": {"href", "title", "target"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "div": {"tabindex", "role"},
    "span": {"role", "aria-label", "tabindex"},
    "math": {"display"},
    "mfrac": {"linethickness"},
    "menclose": {"notation"},
    "mi": {"mathvariant"},
    "mo": {"stretchy", "fence", "form", "largeop", "movablelimits", "minsize", "maxsize"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mspace": {"width"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtable": {"columnalign", "columnlines", "rowlines"},
    "mtd": {"columnalign"},
}  # fmt: skip


def allowed_value(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "src":
        return value if DATA_IMAGE.match(value) or OWN_FILE.match(value) else None
    if attribute == "href":
        return value if WEB_ADDRESS.match(value) or OWN_FILE.match(value) else None
    return value


CLEANER = nh3.Cleaner(
    tags=PROSE | MATHML,
    clean_content_tags={"script", "style"},
    attributes=ATTRIBUTES,
    allowed_classes=CLASSES,
    attribute_filter=allowed_value,
    url_schemes={"http", "https", "mailto", "data"},
    link_rel=REL,
    strip_comments=True,
)


def clean(html: str) -> SafeString:
    """Return the HTML with everything dropped that is not on the list."""
    return mark_safe(CLEANER.clean(html))  # noqa: S308  the one place: sanitised on this very line
