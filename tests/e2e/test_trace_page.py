"""One trace, as a developer reads and judges it while building."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from labeling.models import LabelSchema
from tests.e2e.accessibility import axe
from tests.e2e.conftest import PHONE
from tests.e2e.watching import fits
from traces.models import Assessment, Experiment, Span, Trace
from traces.tests.test_more_steps import store_long_answer

CORPUS = "traces/tests/corpus"


@pytest.fixture
def trace(dana, mallory, import_traces) -> Trace:
    """An agent with tools: 15 spans; a judge and a program have said something about it."""
    import_traces(f"{CORPUS}/mlflow-langgraph-sql/mlflow-trace.json")
    trace = Trace.objects.get()
    LabelSchema.objects.ask(
        experiment=Experiment.objects.get(pk=0), name="problems", type="feedback", title="What is wrong?",
        input={"categorical": {"options": ["Made up", "Outdated"], "multi_select": True}},
    )  # fmt: skip
    Assessment.objects.create(trace=trace, kind="feedback", name="correct", value="no", rationale="March is wrong.",
                              source_type="LLM_JUDGE", source_id="gpt-judge")  # fmt: skip
    Assessment.objects.create(trace=trace, kind="feedback", name="length", source_type="CODE", source_id="length_check",
                              error={"error_code": "TIMEOUT", "error_message": "too slow"})  # fmt: skip
    return trace


@pytest.fixture
def steps(page, sign_in, trace) -> Page:
    sign_in(page, "dana@example.org")
    page.goto(f"/traces/{trace.pk}/?view=steps")
    return page


def rows(page: Page):
    return page.locator("[role=row]:not([hidden])")


def chosen(page: Page):
    return page.locator("[role=row][aria-selected=true]")


def test_each_view_is_accessible_and_fits_on_every_screen(new_page, sign_in, trace):
    tool = trace.spans.filter(span_type="TOOL").first()
    for options in ({}, {"viewport": PHONE}, {"color_scheme": "dark"}):
        page = new_page(**options)
        sign_in(page, "dana@example.org")
        for query in ("", f"?view=steps&span={tool.span_id}", "?view=raw"):
            page.goto(f"/traces/{trace.pk}/{query}")
            page.locator(".assessing__add > summary").click()
            axe(page)
            fits(page)


def test_keys_walk_the_tree_and_what_stands_beside_follows(steps):
    expect(rows(steps)).to_have_count(15)
    rows(steps).first.focus()
    steps.keyboard.press("ArrowDown")
    steps.keyboard.press("ArrowDown")
    expect(steps.locator("#span-title")).to_contain_text("ChatOpenAI")
    expect(chosen(steps)).to_have_count(1)
    named = chosen(steps).get_attribute("data-span")
    assert steps.url.endswith(f"span={named}")
    expect(steps.locator("#trace-side")).to_contain_text("Net revenue per month")

    steps.keyboard.press("ArrowLeft")  # to the row that it is under
    steps.keyboard.press("ArrowLeft")  # which closes
    expect(rows(steps)).to_have_count(14)
    steps.keyboard.press("Home")
    steps.keyboard.press("ArrowLeft")
    expect(rows(steps)).to_have_count(1)
    steps.keyboard.press("ArrowRight")
    expect(rows(steps)).to_have_count(14)
    steps.keyboard.press("End")
    expect(rows(steps).last).to_be_focused()


def test_a_span_is_judged_changed_and_deleted_by_keyboard(steps, aside, dana):
    rows(steps).first.focus()
    steps.keyboard.press("End")
    expect(steps.locator("#span-title")).to_contain_text("ChatOpenAI")
    steps.keyboard.press("a")
    expect(steps.locator("[name=name]")).to_be_focused()
    steps.keyboard.type("a tone")  # no key acts while somebody types
    steps.locator("#assess-new [name=value_bool][value=false]").focus()
    steps.keyboard.press("Space")
    steps.locator("#assess-new [name=rationale]").fill("Too short.")
    steps.keyboard.press("Control+Enter")
    expect(steps.locator(".assessing__said")).to_have_text("Saved.")
    expect(chosen(steps)).to_be_focused()
    expect(chosen(steps).locator("[data-judged]")).to_have_text("1")
    said = aside(lambda: Assessment.objects.get(name="a tone"))
    assert (said.value, said.rationale, said.source_id) == (False, "Too short.", dana.email)
    assert said.span_id == chosen(steps).get_attribute("data-span")

    steps.get_by_label("Change a tone").press("Enter")
    form = steps.locator(".verdict form.assess")
    expect(form.locator("[name=type]").first).to_be_focused()
    steps.keyboard.press("Escape")
    expect(form).to_have_count(0)
    steps.get_by_label("Change a tone").click()
    form.locator("[name=value_bool][value=true]").check(force=True)
    steps.keyboard.press("Control+Enter")
    expect(steps.locator(".verdict__past")).to_contain_text("1 earlier")
    steps.locator(".verdict__past summary").click()
    expect(steps.locator(".past")).to_contain_text("replaced")

    steps.get_by_label("Delete a tone").click()
    expect(steps.locator(".assessing__said")).to_contain_text("What was said before holds again.")
    assert aside(lambda: [each.value for each in Assessment.objects.valid().filter(name="a tone")]) == [False]


def test_what_is_wrong_stays_in_the_form(steps, aside):
    steps.keyboard.press("a")
    steps.locator("[name=name]").fill("score")
    steps.get_by_text("Number", exact=True).click()
    steps.locator("[name=value_number]").fill("many")
    steps.locator("#assess-new [name=rationale]").fill("My thought.")
    steps.keyboard.press("Control+Enter")
    expect(steps.locator("#assess-new .form__error")).to_contain_text("is not a number")
    expect(steps.locator("#assess-new [name=rationale]")).to_have_value("My thought.")
    axe(steps, within="#assessments")
    steps.locator("[name=value_number]").fill("4")
    steps.keyboard.press("Control+Enter")
    expect(steps.locator(".assessing__said")).to_have_text("Saved.")
    assert aside(lambda: Assessment.objects.get(name="score").value) == 4


def test_a_question_of_the_library_is_answered_in_place(steps, aside):
    steps.keyboard.press("a")
    steps.get_by_role("link", name="problems").click()
    steps.locator("#assess-new").get_by_text("Made up").click()
    axe(steps, within="#assessments")
    steps.locator("#assess-new").get_by_role("button", name="Save").click()
    expect(steps.locator(".assessed").filter(has_text="problems")).to_contain_text("Made up")
    assert aside(lambda: Assessment.objects.get(name="problems").value) == ["Made up"]


def test_judges_and_programs_stand_beside_people(steps, trace, aside):
    panel = steps.locator("#assessments")
    expect(panel).to_contain_text("gpt-judge")
    expect(panel).to_contain_text("No verdict was given.")
    expect(panel.get_by_label("Change correct")).to_have_count(0)
    steps.keyboard.press("a")
    steps.locator("[name=name]").fill("correct")
    steps.locator("#assess-new [name=value_bool][value=true]").check(force=True)
    steps.keyboard.press("Control+Enter")
    expect(panel).to_contain_text("they differ")


def test_a_deep_link_opens_thousands_of_spans_at_the_right_one(page, sign_in, trace):
    root = trace.spans.get(parent_id="")
    Span.objects.bulk_create(
        Span(trace=trace, span_id=f"{n:016x}", parent_id=root.span_id, name=f"step {n}",
             start_time_ns=root.start_time_ns + n, end_time_ns=root.start_time_ns + n + 9)
        for n in range(1, 5_001)
    )  # fmt: skip
    sign_in(page, "dana@example.org")
    page.goto(f"/traces/{trace.pk}/?span={4_321:016x}")
    expect(chosen(page)).to_contain_text("step 4321")
    expect(chosen(page)).to_be_in_viewport()
    before = rows(page).count()
    assert before < 250
    page.get_by_role("link", name="more").click()
    expect(page.locator("[role=row]").filter(has_text="step 4420")).to_have_count(1)
    assert rows(page).count() > before

    page.goto(f"/traces/{trace.pk}/?view=steps#span-{5:016x}")
    expect(chosen(page)).to_contain_text("step 5")
    expect(page.locator("#span-title")).to_contain_text("step 5")


def test_without_scripts_everything_works_by_links_and_forms(new_page, sign_in, trace, aside):
    page = new_page(java_script_enabled=False)
    sign_in(page, "dana@example.org")
    page.goto(f"/traces/{trace.pk}/")
    page.get_by_role("link", name="Steps over time").click()
    page.get_by_role("link", name="run_sql").first.click()
    expect(page.locator("#span-title")).to_contain_text("run_sql")
    page.locator(".assessing__add > summary").click()
    page.locator("[name=name]").fill("right_table")
    page.locator("#assess-new").get_by_text("Yes", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#messages")).to_contain_text("Saved.")
    page.get_by_label("Change right_table").click()
    page.get_by_text("No", exact=True).click()
    page.get_by_role("button", name="Save").click()
    assert aside(lambda: Assessment.objects.valid().get(name="right_table").value) is False
    page.get_by_label("Delete right_table").click()
    expect(page.locator("#messages")).to_contain_text("Deleted.")


def test_hostile_traces_run_nothing_in_any_view(page, sign_in, dana, import_traces):
    for name in ("oi-openai-hostile-html", "oi-openai-hostile-strings"):
        import_traces(f"{CORPUS}/{name}/otlp-001.pb")
    for trace in Trace.objects.all():
        Assessment.objects.create(
            trace=trace, kind="feedback", name="<img src=x onerror=alert(1)>", value="<script>alert(1)</script>" * 9,
            rationale="\u202e<b onclick=alert(1)>", source_type="CODE", source_id="javascript:alert(1)",
        )  # fmt: skip
    page.add_init_script("window.alert = () => { window.__xss = true }")
    sign_in(page, "dana@example.org")
    for trace in Trace.objects.all():
        for query in ("", *(f"?view=steps&span={span.span_id}" for span in trace.spans.all()), "?view=raw"):
            page.goto(f"/traces/{trace.pk}/{query}")
            page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true })")
            assert not page.evaluate("window.__xss")
            assert page.locator("main").locator("script, iframe, object, style, img[src=x]").count() == 0
            fits(page)


def test_a_session_reads_as_one_conversation(page, sign_in, dana, import_traces):
    import_traces(f"{CORPUS}/pydanticai-v5-session/otlp-001.pb")
    trace = Trace.objects.order_by("request_time").last()
    sign_in(page, "dana@example.org")
    page.goto(f"/traces/{trace.pk}/")
    page.get_by_role("link", name="Whole session").click()
    expect(page.locator(".exchange")).to_have_count(Trace.objects.count())
    axe(page)
    fits(page)
    page.locator(".exchange__head a").first.click()
    expect(page.get_by_role("link", name="Steps over time")).to_be_visible()


def test_steps_of_a_long_answer_come_where_they_are_asked_for(page, sign_in, aside, dana):
    aside(store_long_answer)
    sign_in(page, "dana@example.org")
    page.goto(f"/traces/{Trace.objects.get().pk}/")
    page.get_by_text("Show all 450 steps").click()
    page.get_by_role("link", name="Show more steps 238 more").click()
    expect(page.get_by_text("look up 412", exact=True)).to_be_visible()
    page.get_by_role("link", name="Show more steps 38 more").click()
    expect(page.get_by_text("look up 450", exact=True)).to_be_visible()
    expect(page.locator(".step")).to_have_count(450)
    axe(page)
    fits(page)
