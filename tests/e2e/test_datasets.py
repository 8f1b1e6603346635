"""From experts' differences to a dataset, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from labeling.models import LabelingSession
from quality.gathering import merge_session
from quality.models import EvaluationDataset
from tests.e2e.accessibility import axe
from tests.e2e.conftest import PHONE
from tests.e2e.watching import fits
from traces.models import Assessment, Experiment, Trace


@pytest.fixture
def session(server, import_traces, tmp_path) -> LabelingSession:
    """Two conversations; alice and bob expect different answers to the first, alice alone answers the second."""
    for n, question in enumerate(("Is hail covered?", "Is snow covered?"), 1):
        (tmp_path / f"{n}.json").write_text(otlp(n, question))
    import_traces(*sorted(tmp_path.glob("*.json")))
    session = LabelingSession.objects.create(name="March", experiment=Experiment.objects.get(pk=0), state="open")
    session.add_traces(Trace.objects.order_by("trace_id"))
    one, other = (item.trace for item in session.items.order_by("position"))
    for trace, value, by in [(one, "**Yes.**", "alice"), (one, "No.", "bob"), (other, "Sometimes.", "alice")]:
        Assessment.objects.create(
            trace=trace, kind="expectation", name="expected_response", value=value, source_type="HUMAN",
            source_id=f"{by}@example.org", metadata={"reviewapp.session": str(session.pk)},
        )  # fmt: skip
    return session


def otlp(n: int, question: str) -> str:
    return f"""{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{
      "traceId": "{n:032x}", "spanId": "{n:016x}", "name": "answer",
      "startTimeUnixNano": "1772442000000000000", "endTimeUnixNano": "1772442001000000000",
      "attributes": [
        {{"key": "mlflow.spanType", "value": {{"stringValue": "\\"CHAIN\\""}}}},
        {{"key": "mlflow.spanInputs", "value": {{"stringValue": "{{\\"question\\": \\"{question}\\"}}"}}}},
        {{"key": "mlflow.spanOutputs", "value": {{"stringValue": "\\"It depends.\\""}}}}]}}]}}]}}]}}"""


def test_a_manager_settles_a_difference_and_makes_a_dataset(page, sign_in, session, mallory, alice, bob):
    sign_in(page, mallory.email)
    page.goto(f"/labeling/sessions/{session.pk}/")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Make a dataset").click()
    expect(page.get_by_text("1 difference to settle")).to_be_visible()
    expect(page.get_by_role("radio", name="No. Bob Okafor · what was said last")).to_be_checked()
    axe(page)

    page.get_by_role("radio", name="Yes. Alice Weber").check()
    page.get_by_role("button", name="Make the dataset").click()

    expect(page.get_by_role("heading", level=1, name="March")).to_be_visible()
    expect(page.get_by_text("2 records are new.")).to_be_visible()
    expect(page.get_by_text("Alice Weber; chosen by Mallory Grant")).to_be_visible()
    axe(page)

    page.get_by_role("link", name="Is hail covered?").click()
    expect(page.get_by_role("link", name="March", exact=True).last).to_be_visible()
    page.get_by_label("Expected response").fill("Yes, always.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("written here by Mallory Grant")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Expected response")).to_have_value("**Yes.**")


def test_the_preview_follows_the_choice_of_the_dataset_and_keeps_what_was_typed(page, sign_in, session, mallory):
    EvaluationDataset.objects.create(name="Gold")
    sign_in(page, mallory.email)
    page.goto(f"/datasets/from-session/{session.pk}/")
    page.get_by_label("Name of the new dataset").fill("Hail and snow")
    page.get_by_label("Into").select_option("Gold")
    expect(page.get_by_role("button", name="Merge into the dataset")).to_be_visible()
    expect(page.get_by_label("Name of the new dataset")).to_be_hidden()
    page.get_by_label("Into").select_option("A new dataset")
    expect(page.get_by_role("button", name="Make the dataset")).to_be_visible()
    expect(page.get_by_label("Name of the new dataset")).to_have_value("Hail and snow")


def test_a_removed_record_comes_back_by_keyboard(page, sign_in, session, mallory):
    dataset = made_of(session)
    sign_in(page, mallory.email)
    page.goto(f"/datasets/{dataset.pk}/")
    page.get_by_role("link", name="Is snow covered?").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove the record").press("Enter")
    expect(page.get_by_text("Removed: “Is snow covered?”")).to_be_visible()
    expect(page.locator(".record")).to_have_count(1)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(".record")).to_have_count(2)


def test_chosen_traces_become_a_dataset_on_a_phone_without_scripts(new_page, sign_in, session, dana):
    page = new_page(viewport=PHONE, java_script_enabled=False)
    sign_in(page, dana.email)
    page.goto("/traces/")
    for box in page.locator("input[name=trace]").all():
        box.check()
    page.get_by_role("button", name="Make a dataset").click()
    fits(page)
    page.get_by_label("Name of the new dataset").fill("Hail")
    page.get_by_role("button", name="Make the dataset").click()
    expect(page.get_by_text("2 records are new.")).to_be_visible()
    fits(page)


def made_of(session: LabelingSession) -> EvaluationDataset:
    dataset = EvaluationDataset.objects.create(name="Gold")
    merge_session(dataset, session, by="mallory@example.org")
    return dataset
