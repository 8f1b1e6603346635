"""The pages about end users' feedback, with something on each: for everybody, at desk and phone, light and dark."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from labeling.models import LabelingSession, StandingRule
from tests.e2e.accessibility import in_both_schemes
from tests.e2e.conftest import DESK, PHONE
from traces.feedback.models import EndUserFeedback, PublishableKey
from traces.models import Assessment, Experiment, Trace


@pytest.fixture
def pages(server) -> list[str]:
    """Their addresses, once there are votes, comments, a key that refused something, feedback that waits, and rules."""
    shop = Experiment.objects.create(name="shop")
    key = PublishableKey.objects.create(experiment=shop, name="Shop", origins=["https://shop.example.org"])
    key.note_use()
    key.note_refusal("Pages of https://staging.example.org may not send with this key.")
    now = timezone.now()
    for n in range(30):
        trace = Trace.objects.create(
            trace_id=f"tr-{n:032x}", experiment=shop, state="OK", request_time=now - timedelta(days=n % 12),
            request_preview=f"What does parcel {n} cost?",
        )  # fmt: skip
        said = {"user_feedback": n % 4 > 0, "user_score": n % 5, "user_categories": ["Wrong", "Unclear"][: n % 3]}
        for name, value in said.items():
            Assessment.objects.create(
                trace=trace, kind="feedback", name=name, value=value, source_type="HUMAN", source_id="u",
                rationale="Not what I asked." if n % 9 == 0 else "",
            )  # fmt: skip
    for n, days in enumerate((-1, 3)):
        EndUserFeedback.objects.create(
            key=key, experiment=shop, idempotency_key=str(n), trace_ref=f"tr-{n}",
            expires_at=now + timedelta(days=days),
            content={"thumbs": False, "comment": "It came on Friday.", "user_id": "customer-18"},
        )  # fmt: skip
    session = LabelingSession.objects.create(experiment=shop, name="What users disliked", state="open")
    rule = StandingRule.objects.create(
        session=session, filter="feedback.user_feedback = 'false'", seed=4711, last_run_at=now, last_error="It failed."
    )
    return [
        "/feedback/", "/feedback/?by=week", "/feedback/waiting/", "/settings/feedback/", key.get_absolute_url(),
        "/labeling/standing/", "/labeling/standing/new/", rule.get_absolute_url(),
    ]  # fmt: skip


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_they_are_for_everybody(pages, new_page, sign_in, mallory, viewport):
    page = new_page(viewport=viewport)
    sign_in(page, mallory.email)
    for path in pages:
        page.goto(path)
        if page.locator("[hx-trigger*=load]").count():
            page.wait_for_load_state("networkidle")
        for details in page.locator("main details").all():
            details.evaluate("details => { details.open = true; }")
        in_both_schemes(page)


def test_the_preview_follows_what_is_typed(pages, page, sign_in, mallory):
    sign_in(page, mallory.email)
    page.goto("/labeling/standing/new/")
    preview = page.locator("#standing-preview")
    page.get_by_label("And of the rest, by chance (%)").fill("0")
    expect(preview).to_contain_text("6 traces would be sent now.")
    page.get_by_label("All that meet this filter").fill("feedback.user_feedback >")
    expect(preview).to_contain_text("At character")
    page.get_by_label("All that meet this filter").fill("")
    page.get_by_label("And of the rest, by chance (%)").fill("100")
    page.get_by_label("Every day").check()
    expect(preview).to_contain_text("traces would be sent now.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="A standing rule")).to_be_visible()
    rule = StandingRule.objects.get(every="day", percent=100)
    assert rule.n_added == rule.session.items.count() > 0


def test_the_lines_for_ones_own_page_are_there_to_copy(pages, page, sign_in, mallory):
    sign_in(page, mallory.email)
    page.goto(PublishableKey.objects.get().get_absolute_url())

    expect(page.get_by_role("button", name="Copy")).to_have_count(2)  # three more are folded

    page.get_by_text("Content security policy, integrity").click()
    expect(page.get_by_role("button", name="Copy")).to_have_count(5)
