"""Every trace of the corpus, opened by an expert in a real browser.

The harness fails the test on console errors, CSP violations and requests to other hosts.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from labeling.models import Item, LabelingSession, LabelSchema, QuestionSpec, Review
from tests.e2e.watching import fits
from traces.models import Experiment, Trace

CORPUS = Path("traces/tests/corpus")
# An object or a list as it is written in JSON, with a quoted key or item.
RAW_JSON = re.compile(r"""[{\[]\s*"[^"\n]{1,80}"\s*[:,]|\[\s*\{\s*"|\{\s*'[\w.]+'\s*:""")
WRITTEN_BY_SOMEBODY = "pre, code, .code, textarea"  # code in an answer may be JSON


def scenarios() -> list[str]:
    return sorted(folder.name for folder in CORPUS.iterdir() if folder.is_dir() and "invalid" not in folder.name)


@pytest.fixture
def reviews(alice, mallory, aside, import_traces) -> list[Review]:
    """One review of alice's for each trace of the corpus."""
    files = [str(path) for name in scenarios() for path in sorted((CORPUS / name).glob("otlp-*.pb"))]
    files += [str(path) for path in sorted(CORPUS.glob("mlflow-odd-types/mlflow-trace*.json"))]
    import_traces(*files)
    experiment = Experiment.objects.get(pk=0)
    session = LabelingSession.objects.create(experiment=experiment, name="All of it", reviews_per_item=1)
    correct = LabelSchema.objects.ask(
        experiment=experiment, name="correct", type="feedback", title="Correct?", input={"pass_fail": {}}
    )
    session.add_traces(Trace.objects.all())
    session.set_questions([QuestionSpec(correct)])
    session.set_reviewers([alice])
    aside(session.open)
    items = Item.objects.filter(session=session)
    return Review.objects.bulk_create(
        Review(item=item, session=session, user=alice, status="pending") for item in items
    )


def test_every_trace_can_be_read(page, sign_in, reviews, alice):
    assert len(reviews) > 60
    sign_in(page, alice.email)
    page.add_init_script("window.alert = () => { window.__xss = true }")
    complaints = [f"{review.item.trace_id}: {said}" for review in reviews for said in complaints_about(page, review)]

    assert not complaints, "\n".join(complaints)


def complaints_about(page: Page, review: Review) -> list[str]:
    response = page.goto(f"/labeling/reviews/{review.pk}/")
    if response is None or not response.ok:
        return [f"HTTP {response and response.status}"]
    page.evaluate("document.querySelectorAll('.reading details').forEach((each) => { each.open = true })")
    text = visible_text(page)
    said = [f"raw JSON: {found.group()!r}" for found in [RAW_JSON.search(text)] if found]
    if page.evaluate("window.__xss"):
        said.append("a script ran")
    if page.locator(".reading script, .reading iframe, .reading object, .reading style").count():
        said.append("an element that text must never become")
    if len(text.strip()) < 3:
        said.append("nothing to read")
    fits(page)
    return said


def visible_text(page: Page) -> str:
    """Return what stands on the expert's page, without what somebody wrote as code."""
    return page.locator(".reading").evaluate(
        """(reading, code) => {
          const copy = reading.cloneNode(true)
          copy.querySelectorAll(code).forEach((each) => each.remove())
          return copy.textContent
        }""",
        WRITTEN_BY_SOMEBODY,
    )
