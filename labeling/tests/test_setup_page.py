"""The set-up page: its name, its instructions, opening it, and who may not."""

from __future__ import annotations

import pytest
from django.test import Client

from labeling.models import LabelingSession, QuestionSpec
from traces.models import Experiment, Trace

HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(make_session, alice) -> LabelingSession:
    return make_session(alice, is_open=False)


@pytest.fixture
def empty(mallory, claims, client_of) -> LabelingSession:
    """A draft as the button makes it, in an experiment without traces."""
    client_of(mallory).post("/labeling/sessions/new/")
    return LabelingSession.objects.get()


def setup_of(session: LabelingSession, rest: str = "") -> str:
    return f"/labeling/sessions/{session.pk}/setup/{rest}"


def post_plainly(client: Client, page: str, action: str, data: dict[str, object]):
    """Post as a browser without scripts: the token comes from the page."""
    client.get(page)
    return client.post(action, {**data, "csrfmiddlewaretoken": client.cookies["csrftoken"].value})


def test_new_session_is_a_draft_on_the_newest_traces(make_traces, claims, mallory, client_of):
    make_traces(1)
    client = client_of(mallory, enforce_csrf_checks=True)
    answer = post_plainly(client, "/labeling/sessions/", "/labeling/sessions/new/", {})
    session = LabelingSession.objects.get()
    assert answer.url == setup_of(session)
    assert (session.state, session.experiment, session.created_by) == ("draft", claims, mallory)
    assert session.selection["mode"] == "sample"


def test_new_session_works_before_any_trace_came(mallory, client_of):
    client_of(mallory).post("/labeling/sessions/new/")
    assert LabelingSession.objects.get().experiment.name == "Default"


@pytest.mark.parametrize("person", ["charlie", "dana"])
def test_new_session_is_for_managers(person, request, client_of):
    answer = client_of(request.getfixturevalue(person)).post("/labeling/sessions/new/")
    assert answer.status_code == 404
    assert not LabelingSession.objects.exists()


def test_new_session_is_never_made_by_a_look(mallory, client_of):
    assert client_of(mallory).get("/labeling/sessions/new/").status_code == 405


def test_page_shows_four_parts_and_the_questions_as_reviewers_see_them(draft, mallory, client_of):
    page = client_of(mallory).get(setup_of(draft)).text
    for part in ("part-traces", "part-questions", "part-people", "part-instructions"):
        assert f'id="{part}"' in page
    assert 'data-testid="question-correct"' in page
    assert "Alice Weber" in page


GETS = ["", "preview/", "bar/", "try/", "workload/", "questions/", "questions/new/", "people/find/"]
POSTS = [
    "name/", "instructions/", "open/", "rule/", "traces/", "traces/pick/", "traces/add/", "questions/add/",
    "questions/order/", "questions/new/", "people/add/", "people/remove/", "people/invite/", "people/link/",
]  # fmt: skip
OF_A_QUESTION = ["edit/", "move/", "set/", "remove/"]


def everything(session: LabelingSession) -> list[tuple[str, str]]:
    schema = session.questions.first().schema_id
    posts = POSTS + [f"questions/{schema}/{verb}" for verb in OF_A_QUESTION]
    return [("get", rest) for rest in GETS] + [("post", rest) for rest in posts]


@pytest.mark.parametrize("person", ["alice", "charlie", "dana"])
def test_draft_is_not_there_for_anybody_but_managers(draft, person, request, client_of):
    client = client_of(request.getfixturevalue(person))
    for method, rest in everything(draft):
        assert getattr(client, method)(setup_of(draft, rest)).status_code == 404, rest


def test_reviewer_of_an_open_session_may_not_set_it_up(session, alice, client_of):
    client = client_of(alice)
    for method, rest in everything(session):
        assert getattr(client, method)(setup_of(session, rest)).status_code == 403, rest


def test_anonymous_is_led_to_sign_in(draft, client):
    for method, rest in everything(draft):
        answer = getattr(client, method)(setup_of(draft, rest))
        assert answer.status_code == 302, rest
        assert answer.url.startswith("/accounts/sign-in/"), rest


def test_what_writes_takes_no_get_and_what_reads_takes_no_post(draft, mallory, client_of):
    client = client_of(mallory)
    both = {"questions/new/", f"questions/{draft.questions.first().schema_id}/edit/"}
    for method, rest in everything(draft):
        if rest not in both:
            other = "post" if method == "get" else "get"
            assert getattr(client, other)(setup_of(draft, rest)).status_code == 405, rest


def test_every_manager_may_set_up_every_session(draft, client_of):
    from accounts.models import User

    other = User.objects.create_user("otto@example.org", role="manager")
    assert client_of(other).get(setup_of(draft)).status_code == 200


def test_page_asks_the_database_a_bounded_number_of_times(
    draft, make_traces, correct, mallory, client_of, django_assert_max_num_queries
):
    make_traces(60)
    client = client_of(mallory)
    with django_assert_max_num_queries(26):
        client.get(setup_of(draft))


def test_name_is_kept(draft, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    answer = post_plainly(client, setup_of(draft), setup_of(draft, "name/"), {"name": "Claims, April"})
    assert answer.url == setup_of(draft) + "#part-name"
    draft.refresh_from_db()
    assert draft.name == "Claims, April"


def test_name_kept_by_htmx_tells_the_preview(draft, mallory, client_of):
    answer = client_of(mallory).post(setup_of(draft, "name/"), {"name": "Claims, May"}, headers=HTMX)
    assert answer.headers["HX-Trigger"] == '{"session:changed": {}}'
    assert answer.text.strip().startswith('<div id="name-errors"')


def test_empty_name_is_refused_and_the_page_stays(draft, mallory, client_of):
    answer = client_of(mallory).post(setup_of(draft, "name/"), {"name": " "})
    assert answer.status_code == 422
    assert "This field is required" in answer.text
    draft.refresh_from_db()
    assert draft.name == "Claims, March"


def test_instructions_are_kept_and_shown_without_script(draft, mallory, client_of):
    text = "## Read first\r\n<script>alert(1)</script>"
    answer = client_of(mallory).post(setup_of(draft, "instructions/"), {"instructions": text}, headers=HTMX)
    draft.refresh_from_db()
    assert draft.instructions == "## Read first\n<script>alert(1)</script>"
    assert "Read first</h" in answer.text
    assert "<script>" not in answer.text


def test_too_long_instructions_are_refused_and_given_back(draft, mallory, client_of):
    text = "Look twice. " * 2000
    answer = client_of(mallory).post(setup_of(draft, "instructions/"), {"instructions": text})
    assert answer.status_code == 422
    assert text.strip() in answer.text


def test_preview_and_bar_are_fragments(draft, mallory, client_of):
    client = client_of(mallory)
    assert client.get(setup_of(draft, "preview/")).text.strip().startswith('<div class="preview" id="preview"')
    bar = client.get(setup_of(draft, "bar/")).text
    assert bar.strip().startswith('<div class="bar__row" id="setup-bar"')
    assert "Draft saved" in bar


def test_empty_draft_does_not_open_and_says_what_is_missing(empty, mallory, client_of):
    answer = client_of(mallory).post(setup_of(empty, "open/"))
    assert answer.status_code == 422
    assert [gap.part for gap in answer.context["page"].gaps] == ["traces", "questions", "people"]
    assert 'href="#part-questions"' in answer.text
    empty.refresh_from_db()
    assert empty.state == "draft"


def test_more_reviews_than_people_are_missing_people(draft, mallory, client_of):
    draft.set_reviews_per_item(2)
    answer = client_of(mallory).post(setup_of(draft, "open/"))
    assert "Each item needs 2 reviews, but there is only 1 person." in answer.text


def test_opening_draws_the_sample_and_lets_reviewers_in(make_traces, correct, alice, mallory, client_of):
    make_traces(30)
    client = client_of(mallory, enforce_csrf_checks=True)
    post_plainly(client, "/labeling/sessions/", "/labeling/sessions/new/", {})
    session = LabelingSession.objects.get()
    session.selection |= {"size": 7}
    session.save()
    session.set_questions([QuestionSpec(correct)])
    session.set_reviewers([alice])

    answer = post_plainly(client, setup_of(session), setup_of(session, "open/"), {})
    assert answer.url == setup_of(session)
    session.refresh_from_db()
    assert (session.state, session.n_items) == ("open", 7)


def test_draft_that_came_with_its_traces_opens_with_those(draft, make_traces, mallory, client_of):
    make_traces(9)
    client_of(mallory).post(setup_of(draft, "open/"))
    draft.refresh_from_db()
    assert (draft.state, draft.n_items) == ("open", 5)


def test_second_press_of_open_adds_nothing(make_traces, empty, correct, alice, mallory, client_of):
    make_traces(30)
    empty.experiment = correct.experiment
    empty.selection |= {"size": 7}
    empty.save()
    empty.set_questions([QuestionSpec(correct)])
    empty.set_reviewers([alice])
    for _press in range(2):
        client_of(mallory).post(setup_of(empty, "open/"))
    empty.refresh_from_db()
    assert empty.n_items == 7


def test_open_session_is_still_set_up_and_can_be_closed(session, mallory, client_of):
    page = client_of(mallory).get(setup_of(session)).text
    assert "reviewers see at once" in page
    assert f'action="/labeling/sessions/{session.pk}/close/"' in page


def test_trying_shows_a_trace_and_the_questions_and_writes_nothing(draft, mallory, client_of):
    page = client_of(mallory).get(setup_of(draft, "try/")).text
    assert "Question 1" in page or "Question" in page
    assert 'data-testid="question-correct"' in page
    assert not draft.reviews.exists()


def test_trying_without_traces_says_so(empty, mallory, client_of):
    assert "Choose traces first" in client_of(mallory).get(setup_of(empty, "try/")).text


def test_page_without_experiment_traces_still_opens(empty, mallory, client_of):
    assert Experiment.objects.count() == 2
    assert not Trace.objects.exists()
    assert "No trace matches" in client_of(mallory).get(setup_of(empty)).text
