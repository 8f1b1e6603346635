"""axe-core on a page, its findings in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.watching import fits

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def axe(page: Page, *, within: str = "html", rules: Sequence[str] = ()) -> None:
    """Assert that axe finds nothing in the page as it stands now, or in the part `within`; by all rules, or by some."""
    if not page.evaluate("() => !!window.axe"):
        page.evaluate(f"() => {{ {AXE} }}")
    options = {"resultTypes": ["violations"], "runOnly": rules} if rules else OPTIONS
    found = page.evaluate("([within, options]) => window.axe.run(within, options)", [within, options])
    assert not found["violations"], f"{page.url}\n" + "\n".join(map(in_words, found["violations"]))


def in_both_schemes(page: Page) -> None:
    """Assert the same of a page that is light, and of its colours when it turns dark; and that it fits its window."""
    for scheme, rules in (("light", ()), ("dark", ("color-contrast",))):
        page.emulate_media(color_scheme=scheme)
        axe(page, rules=rules)
        fits(page)


def in_words(violation: dict) -> str:
    lines = [f"{violation['id']} ({violation['impact']}): {violation['help']}"]
    for node in violation["nodes"]:
        reasons = [check["message"] for check in node["any"] + node["all"] + node["none"]]
        lines.append(f"    {' '.join(map(str, node['target']))}: {'; '.join(reasons)}")
        lines.append(f"        {node['html'][:200]}")
    return "\n".join(lines)
