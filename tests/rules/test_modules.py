"""Names that say something, and one place that may trust text."""

from __future__ import annotations

import re

from tests.rules.files import files, no, product_modules, text_of

SAYS_NOTHING = {"utils", "util", "helpers", "helper", "services", "service", "common", "misc", "stuff", "base"}
TRUSTS = re.compile(r"\bmark_safe\b|\bSafeString\(|\bSafeData\b|\bMarkup\(|def __html__")
RENDERER = "traces/reading/rendering"


def test_modules_are_named_for_what_they_do():
    no([str(path) for path in files(".py") if {path.stem, *path.parent.parts} & SAYS_NOTHING])


def test_migrations_are_named():
    names = [path.as_posix() for path in product_modules() if path.parent.name == "migrations"]
    no([name for name in names if re.search(r"_auto_|_and_more|/\d{4}_alter_", name)])


def test_only_the_renderer_trusts_text():
    trusting = [path.as_posix() for path in product_modules() if TRUSTS.search(text_of(path))]
    assert any(path.startswith(RENDERER) for path in trusting)
    no([path for path in trusting if not path.startswith(RENDERER)])


def test_modules_start_with_the_future():
    """So that annotations cost nothing and may name what comes later."""
    modules = [path for path in files(".py") if path.parent.name != "migrations" and text_of(path)]
    has_code = re.compile(r"^(?:import|from|class|def|async def) ", re.MULTILINE)
    lacking = [path for path in modules if "from __future__ import annotations" not in text_of(path)]
    no([str(path) for path in lacking if has_code.search(text_of(path))])
