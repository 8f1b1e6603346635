"""Every page, with the demo's data: for everybody (axe), at every width, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from labeling.models import Item, LabelingSession, LabelSchema, Review
from tests.e2e.accessibility import axe
from tests.e2e.conftest import DESK, PHONE, WALL
from tests.e2e.watching import fits
from traces.models import Span, Trace

LOOKS = [(DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark"), (WALL, "light")]


@pytest.fixture
def demo(server) -> None:
    server.manage("load_demo")


def pages_of_manager() -> list[str]:
    claims = LabelingSession.objects.get(name="Claims answers, March")
    draft = LabelingSession.objects.get(state="draft")
    item = Item.objects.filter(session=claims, n_complete=2).first()
    trace = Trace.objects.filter(spans__span_type="TOOL").first()
    span = Span.objects.filter(trace=trace, span_type="TOOL").first()
    return [
        "/",
        "/labeling/sessions/",
        f"/labeling/sessions/{claims.pk}/",
        f"/labeling/sessions/{claims.pk}/items/",
        f"/labeling/sessions/{claims.pk}/items/?show=different",
        f"/labeling/sessions/{claims.pk}/items/{item.pk}/",
        f"/labeling/sessions/{draft.pk}/setup/",
        f"/labeling/sessions/{draft.pk}/setup/try/",
        "/labeling/questions/",
        "/labeling/questions/new/",
        f"/labeling/questions/{LabelSchema.objects.get(name='problems', experiment=claims.experiment).pk}/",
        "/traces/",
        f"/traces/{trace.pk}/",
        f"/traces/{trace.pk}/spans/{span.span_id}/",
        f"/traces/{trace.pk}/spans/{span.span_id}/raw/",
        "/feedback/",
        "/feedback/waiting/",
        "/settings/feedback/",
        "/settings/feedback/new/",
        "/labeling/standing/",
        "/labeling/standing/new/",
        "/nowhere/",
    ]


def pages_of_expert() -> list[str]:
    claims = LabelingSession.objects.get(name="Claims answers, March")
    tone = LabelingSession.objects.get(name="Tone of the support bot")
    pilot = LabelingSession.objects.get(state="closed")
    mine = Review.objects.filter(user__email="expert@demo.example")
    return [
        "/",
        f"/labeling/sessions/{claims.pk}/review/",
        f"/labeling/sessions/{claims.pk}/review/?guidelines=1",
        f"/labeling/sessions/{tone.pk}/review/",
        f"/labeling/sessions/{pilot.pk}/review/",
        f"/labeling/reviews/{mine.filter(session=pilot, status='complete').first().pk}/",
        f"/labeling/reviews/{mine.filter(session=claims, status='declined').first().pk}/",
        "/labeling/sessions/",
    ]


@pytest.mark.parametrize(
    ("email", "pages"),
    [("manager@demo.example", pages_of_manager), ("expert@demo.example", pages_of_expert)],
    ids=["manager", "expert"],
)
def test_every_page_is_for_everybody(demo, new_page, sign_in, email, pages):
    complaints = []
    for viewport, color_scheme in LOOKS:
        page = new_page(viewport=viewport, color_scheme=color_scheme)
        sign_in(page, email)
        complaints += [f"{color_scheme} {said}" for path in pages() for said in complaints_about(page, path)]
        page.close()

    assert not complaints, "\n".join(complaints)


def complaints_about(page: Page, path: str) -> list[str]:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    complaints = []
    for check in (axe, fits):
        try:
            check(page)
        except AssertionError as error:
            complaints.append(f"{path}: {error}")
    return complaints
