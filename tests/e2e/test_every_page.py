"""Each role walks every page that links lead to, with the demo's data in them.

On each: no dead link, nothing wrong in the console, nothing that axe finds, nothing that scrolls sideways; on a desk by
day and on a phone by night.
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.e2e.accessibility import axe
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.watching import fits

OF_EACH_KIND = 2  # pages of one route that are looked at
NOT_WALKED = {"admin", "static"}  # Django's own pages; files


def route_of(path: str) -> str | None:
    try:
        return resolve(path).view_name
    except Resolver404:
        return None


def faults_of(page) -> list[str]:
    faults = []
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        for look in (axe, fits):
            try:
                look(page)
            except AssertionError as fault:
                faults.append(f"{scheme}, {size['width']} px: {fault}")
    page.set_viewport_size(DESK)
    return faults


def links_on(page, url: str) -> list[str]:
    hrefs = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(a => a.getAttribute('href'))")
    parts = [urlsplit(urljoin(page.url, href)) for href in hrefs]
    own = [part for part in parts if f"{part.scheme}://{part.netloc}" == url]
    return [part.path + (f"?{part.query}" if part.query else "") for part in own]


@pytest.mark.parametrize("email", ["expert@demo.example", "developer@demo.example", "manager@demo.example"])
def test_every_page_is_sound(page, server, sign_in, email):
    server.manage("load_demo")
    sign_in(page, email)
    waiting, met, seen, faults = ["/"], {"/"}, Counter(), []
    while waiting:
        path = waiting.pop(0)
        route = route_of(urlsplit(path).path)
        if route is None:
            faults.append(f"{page.url} links to {path}, which is nowhere")
        elif seen[route] < OF_EACH_KIND and urlsplit(path).path.split("/")[1] not in NOT_WALKED:
            seen[route] += 1
            answer = page.goto(path)
            faults += faults_of(page) if answer.ok else [f"{path}: HTTP {answer.status}"]
            found = [link for link in links_on(page, server.url) if link not in met]
            met.update(found)
            waiting += found
    assert not faults, "\n\n".join(faults)
    assert seen.total() > 5, seen
