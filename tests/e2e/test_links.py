"""Each role follows every link from home on, with the demo's data: none is dead, and no page complains.

So a new page is opened here without anybody having to remember it.
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.e2e.pages import add_what_no_demo_has

OF_EACH_KIND = 3  # pages of one route that are opened
NOT_FOLLOWED = {"admin", "static"}  # Django's own pages; files


def route_of(path: str) -> str | None:
    try:
        return resolve(path).view_name
    except Resolver404:
        return None


def links_on(page, url: str) -> set[str]:
    hrefs = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(a => a.getAttribute('href'))")
    parts = [urlsplit(urljoin(page.url, href)) for href in hrefs]
    return {f"{part.path}?{part.query}" for part in parts if f"{part.scheme}://{part.netloc}" == url}


@pytest.mark.parametrize("email", ["expert@demo.example", "developer@demo.example", "manager@demo.example"])
def test_no_link_is_dead(page, server, sign_in, email):
    server.load_demo()
    add_what_no_demo_has()
    sign_in(page, email)
    waiting, met, opened, dead = ["/"], {"/"}, Counter(), []
    while waiting:
        path = waiting.pop(0)
        route = route_of(urlsplit(path).path)
        if route is None:
            dead.append(path)
        elif opened[route] < OF_EACH_KIND and path.split("/")[1] not in NOT_FOLLOWED:
            opened[route] += 1
            answer = page.goto(path)
            if answer.ok:
                found = links_on(page, server.url) - met
                met |= found
                waiting += sorted(found)
            else:
                dead.append(f"{path}: HTTP {answer.status}")
    assert not dead, "\n".join(dead)
    assert opened.total() > 5, opened
