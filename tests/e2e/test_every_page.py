"""Every page, with the demo's data and more: for everybody (axe), at every width, light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.e2e.accessibility import axe
from tests.e2e.conftest import DESK, PHONE, WALL
from tests.e2e.pages import EXPERT, MANAGER, add_what_no_demo_has, pages_of_expert, pages_of_manager
from tests.e2e.watching import fits, frame_stays

NOT_THERE = {(MANAGER, "/nowhere/"), (EXPERT, "/labeling/sessions/")}
Check = Callable[[Page], None]


def nav_is_whole(page: Page) -> None:
    """Assert that none of the links to the rooms is cut off."""
    cut = page.eval_on_selector_all(".nav", "all => all.filter(nav => nav.scrollWidth > nav.clientWidth).length")
    assert not cut, f"{page.url}: the navigation is cut"


def colours(page: Page) -> None:
    axe(page, rules=["color-contrast"])


LOOKS: list[tuple[dict[str, int], str, list[Check]]] = [
    (DESK, "light", [axe, fits, frame_stays, nav_is_whole]),
    (DESK, "dark", [colours]),
    (PHONE, "dark", [axe, fits, frame_stays, nav_is_whole]),
    (WALL, "dark", [fits]),
]


@pytest.mark.parametrize(
    ("email", "pages"), [(MANAGER, pages_of_manager), (EXPERT, pages_of_expert)], ids=["manager", "expert"]
)
def test_every_page_is_for_everybody(server, page, sign_in, email, pages):
    server.load_demo()
    add_what_no_demo_has()
    sign_in(page, email)

    complaints = [
        said for path in pages() for said in complaints_about(page, path, 404 if (email, path) in NOT_THERE else 200)
    ]

    assert not complaints, "\n".join(complaints)


def complaints_about(page: Page, path: str, status: int) -> list[str]:
    answer = page.goto(path)
    complaints = [] if answer.status == status else [f"{path}: HTTP {answer.status}"]
    if page.locator("[hx-trigger^=load]").count():
        page.wait_for_load_state("networkidle")
    for viewport, color_scheme, checks in LOOKS:
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme)
        for check in checks:
            try:
                check(page)
            except AssertionError as error:
                complaints.append(f"{viewport['width']} px {color_scheme} {path}: {error}")
    return complaints
