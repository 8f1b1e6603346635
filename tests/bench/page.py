"""The review page in a browser: what it costs to open it cold, and how soon the next item is there.

python -m tests.bench page
"""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.bench import table
from tests.bench.experts import cookies_of
from tests.bench.servers import serving
from tests.bench.world import World, make_world, migrated

CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run"]  # fmt: skip
MOST_BYTES = 90_000
MOST_REQUESTS = 12
ITEMS = 30
READING_MS = 100  # of each; nobody is faster
MOST_MS = 60
SLOWED = 4  # times, as a cheap laptop
MOST_MS_SLOWED = 200
# Counts shifts as browsers define CLS (not what a key itself moves), and remembers when a key was
# pressed and when the item after it was painted.
WATCH = """
window.shift = 0
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value
}).observe({ type: "layout-shift", buffered: true })
addEventListener("keydown", (event) => { if (event.key === "Enter") window.pressed = event.timeStamp }, true)
addEventListener("DOMContentLoaded", () => {
  const slot = document.querySelector("[data-slot]")
  if (slot) new MutationObserver((changes) => {
    if (!changes.some((change) => change.target === slot && change.addedNodes.length)) return
    requestAnimationFrame(() => setTimeout(() => { window.shown = performance.now() }))
  }).observe(slot, { childList: true })
})
"""
IS_READY = "() => document.querySelector('.review__item [data-submit]') && !document.querySelector('[aria-busy]')"


@dataclass
class Wire:
    """What went over the wire, as the browser's network counts it, headers included."""

    n_requests: int = 0
    n_bytes: int = 0
    by_name: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def listen(self, cdp: CDPSession) -> None:
        cdp.on("Network.requestWillBeSent", self.sent)
        cdp.on("Network.loadingFinished", self.finished)
        cdp.send("Network.enable")

    def sent(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if url.startswith("http"):
            self.names[event["requestId"]] = url
            self.n_requests += 1

    def finished(self, event: dict[str, Any]) -> None:
        if url := self.names.get(event["requestId"]):
            self.by_name[url] = event["encodedDataLength"]
            self.n_bytes += event["encodedDataLength"]


def main() -> None:
    migrated()
    world = make_world(n_traces=200, n_experts=2)
    cookies = [cookies_of(user) for user in world.experts]
    with serving("reviewapp.asgi:application") as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        address = f"http://127.0.0.1:{port}"
        pages = []
        for mine in cookies:
            context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
            context.add_cookies([{"name": name, "value": value, "url": address} for name, value in mine.items()])
            context.add_init_script(WATCH)
            pages.append(context.new_page())
        url = f"{address}/labeling/sessions/{world.session.pk}/review/"
        open_cold(pages[0], url)
        press_through(pages[0], world, "next item after the key, p50", MOST_MS)
        pages[1].goto(url, wait_until="networkidle")
        cdp = pages[1].context.new_cdp_session(pages[1])
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        press_through(pages[1], world, f"the same, CPU slowed {SLOWED} times", MOST_MS_SLOWED)
        browser.close()


def open_cold(page: Page, url: str) -> None:
    wire = Wire()
    wire.listen(page.context.new_cdp_session(page))
    page.goto(url, wait_until="networkidle")
    page.wait_for_function(IS_READY)
    table.at_most("review page cold: bytes", wire.n_bytes, MOST_BYTES)
    ahead = sum("/hand-out/" in name for name in wire.names.values())
    table.at_most("review page cold: requests", wire.n_requests - ahead, MOST_REQUESTS)
    table.line("review page cold: and for the item after it", str(ahead), "", "", "", "")
    if os.environ.get("BENCH_VERBOSE"):
        for name, size in sorted(wire.by_name.items(), key=lambda each: -each[1]):
            print(f"    {size:8,.0f}  {name}")


def press_through(page: Page, world: World, name: str, target: float) -> None:
    """Answer by keyboard, and take the time from the key that submits to the next item on the screen."""
    taken = []
    for _ in range(ITEMS):
        page.wait_for_timeout(READING_MS)
        before = page.locator(".review__item").get_attribute("data-review")
        page.keyboard.press("1")
        page.evaluate("window.shown = 0")
        with page.expect_response("**/complete/"):
            page.keyboard.press("Control+Enter")
            page.wait_for_function("() => window.shown")
        assert page.locator(".review__item").get_attribute("data-review") != before, "the same item again"
        taken.append(page.evaluate("window.shown - window.pressed"))
    table.at_most(f"review page: {name}", statistics.median(taken), target, unit="ms")
    table.at_most("review page: layout shift", page.evaluate("window.shift"), 0)


if __name__ == "__main__":
    main()
