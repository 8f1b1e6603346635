"""A long answer as it comes, in a browser with a slow CPU: whether every picture is there in time.

python -m tests.bench frames
"""

from __future__ import annotations

import json
import os
import statistics
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.bench import table
from tests.bench.chat import talking
from tests.bench.page import CHROMIUM, FLAGS
from tests.bench.servers import serving
from tests.bench.world import migrated

from chat.tests.prepare_talks import prepared  # isort: skip  (after the settings)

WORDS = 2_000
WORDS_A_SECOND = 60
SPARE_S = 4  # for the end
SLOWED = 4  # times, as a cheap laptop
PICTURE_MS = 1000 / 60
LATE_MS = 1.5 * PICTURE_MS
LEAST_PICTURES = 59  # a second
MOST_TASK_MS = 50  # what a browser calls a long task
MOST_LATE = 0.05
NAME = f"chat, {WORDS:,} words, CPU slowed {SLOWED} times"
# When each picture was drawn and which tasks were long, while an answer comes and until a second after; and how
# often an article was drawn that has ended.
WATCH = """
window.watched = { pictures: [], tasks: [], ends: 0 }
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) watched.tasks.push([startTime, duration])
}).observe({ type: "longtask", buffered: true })
addEventListener("DOMContentLoaded", () => {
  const draw = (time) => (watched.pictures.push(time), requestAnimationFrame(draw))
  requestAnimationFrame(draw)
  const hasEnded = (node) => node.matches?.("article[data-state=complete]")
  const turns = document.querySelector("#turns")
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes)
      watched.ends += (type === "childList" ? [...addedNodes] : [target]).filter(hasEnded).length
    if (watched.ends) watched.endedAt ??= performance.now()
  }).observe(turns, { childList: true, subtree: true, attributeFilter: ["data-state"] })
})
"""


def main() -> None:
    migrated()
    with talking() as upstream:
        world = prepared(upstream, 2)
        product = serving("reviewapp.asgi:application", ENDPOINT_PRIVATE_ADDRESSES="127.0.0.1")
        with product as port, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            address = f"http://127.0.0.1:{port}"
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "sessionid", "value": world["session"], "url": address}])
            context.add_init_script(WATCH)
            slowed, full = context.new_page(), context.new_page()
            for page, talk in zip((slowed, full), world["conversations"], strict=True):
                page.goto(f"{address}/chat/{talk}/", wait_until="networkidle")
            slowed.bring_to_front()
            context.new_cdp_session(slowed).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
            tell(watch(slowed))
            slowed.close()
            tell_cpu(full)
            browser.close()


def watch(page: Page) -> dict[str, Any]:
    """Ask, and return what was seen from the first word on. Nothing is asked of the page meanwhile."""
    begin = ask(page)
    wait(page)
    seen = page.evaluate("watched")
    assert seen["ends"], "the answer has not ended"
    if os.environ.get("BENCH_VERBOSE"):
        print(f"    ended at {seen['endedAt'] - begin:,.0f} ms")
        for at, ms in seen["tasks"]:
            print(f"    at {at - begin:,.0f} ms a task of {ms:,.0f} ms")
    pictures = [time for time in seen["pictures"] if time > begin]
    return seen | {"pictures": pictures, "tasks": [ms for at, ms in seen["tasks"] if at > begin]}


def ask(page: Page) -> float:
    """Return when the first word was there, in ms of the page's clock."""
    page.get_by_test_id("chat-input").fill(f"frames {WORDS_A_SECOND} {WORDS}")
    page.keyboard.press("Enter")
    page.get_by_test_id("turn-answer").get_by_text("w1 ").wait_for()
    return page.evaluate("performance.now()")


def wait(page: Page) -> None:
    page.wait_for_timeout(1000 * (WORDS / WORDS_A_SECOND + SPARE_S))


def tell(seen: dict[str, Any]) -> None:
    times = seen["pictures"]
    between = [after - before for before, after in zip(times, times[1:], strict=False)]
    table.at_least(f"{NAME}: pictures a second, p50", 1000 / statistics.median(between), LEAST_PICTURES)
    table.at_most(f"{NAME}: share of late pictures", sum(ms > LATE_MS for ms in between) / len(between), MOST_LATE)
    table.at_most(f"{NAME}: longest task", max(seen["tasks"], default=0), MOST_TASK_MS, unit="ms")
    table.at_most(f"{NAME}: final drawings", seen["ends"], 1)


def tell_cpu(page: Page) -> None:
    """The longest task again, by its CPU time at full speed: other work on the machine is not in that."""
    page.bring_to_front()
    ask(page)
    browser = page.context.browser
    browser.start_tracing(page=page, categories=["toplevel"])
    wait(page)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    named = [event for event in events if event["name"] == "thread_name"]
    mains = {(event["pid"], event["tid"]) for event in named if event["args"]["name"] == "CrRendererMain"}
    longest = max(event.get("tdur", 0) for event in events if (event["pid"], event.get("tid")) in mains) / 1000
    table.at_most(f"{NAME}: the same, its CPU time × {SLOWED}", longest * SLOWED, MOST_TASK_MS, unit="ms")


if __name__ == "__main__":
    main()
