"""Text that strangers wrote, as HTML that is safe to show.

Everything here ends in `sanitising.clean`; what comes out is a SafeString with nothing in it that
runs, loads, posts or styles the page.
"""

from __future__ import annotations

from traces.reading.rendering.cutting import Cut, cut, digest_of
from traces.reading.rendering.markdown import render_markdown, render_plain

__all__ = ["Cut", "cut", "digest_of", "render_markdown", "render_plain"]
