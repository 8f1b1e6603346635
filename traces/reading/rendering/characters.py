"""Characters that would change how the rest of a page is read."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline; the two bidirectional overrides, which no honest text needs
# (embeddings and isolates are kept: Arabic and Hebrew use them, and every block is isolated by `dir`).
UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e\ufff9-\ufffb]|[\ud800-\udfff]")


def showable(text: str) -> str:
    """Return the text with Unix line ends, and with � where something stood that can't be shown."""
    return UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
