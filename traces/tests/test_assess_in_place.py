from __future__ import annotations

import pytest

from traces.assessing import delete, override
from traces.models import Assessment, Span

HTMX = {"HX-Request": "true"}
FEEDBACK = {"kind": "feedback", "name": "tone", "type": "bool", "value_bool": "false", "rationale": "Too short."}


@pytest.fixture
def span(claims) -> Span:
    return claims.spans.get(span_type="LLM")


@pytest.fixture
def add(client_of, dana, claims):
    """Return a function: dana sends the form, tone: no, unless said otherwise."""

    def send(user=dana, headers=None, **fields):
        return client_of(user).post(f"/traces/{claims.pk}/assessments/add/", FEEDBACK | fields, headers=headers)

    return send


def only() -> Assessment:
    return Assessment.objects.valid().get()


def test_feedback_on_the_trace_is_saved_in_the_persons_name(add, claims):
    response = add()

    said = only()
    assert (said.name, said.value, said.rationale, said.kind) == ("tone", False, "Too short.", "feedback")
    assert (said.source_type, said.source_id, said.span_id) == ("HUMAN", "dana@example.org", "")
    assert response.status_code == 302
    assert response.url == f"/traces/{claims.pk}/?view=conversation#assessments"


def test_it_is_saved_on_the_chosen_span_or_on_the_trace_all_the_same(add, claims, span):
    response = add(span_id=span.span_id, span=span.span_id, view="steps")
    assert response.url == f"/traces/{claims.pk}/?view=steps&span={span.span_id}#assessments"
    assert only().span_id == span.span_id

    add(span_id="", span=span.span_id, view="steps", name="overall")
    assert Assessment.objects.get(name="overall").span_id == ""


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ({"type": "bool", "value_bool": "true"}, True),
        ({"type": "number", "value_number": " 4 "}, 4),
        ({"type": "number", "value_number": "-2.5"}, -2.5),
        ({"type": "choice", "value_choice": " Made up "}, "Made up"),
        ({"type": "text", "value_text": "Two\r\nlines "}, "Two\nlines "),
        ({"type": "list", "value_list": "One\r\n\r\n  Two \n"}, ["One", "Two"]),
        ({"type": "json", "value_json": '{"a": [1, null]}'}, {"a": [1, None]}),
        ({"type": "json", "value_json": "[]"}, []),
    ],
)
def test_values_of_every_type(add, sent, value):
    add(**sent)
    assert only().value == value
    assert type(only().value) is type(value)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 251}, "at most 250 characters"),
        ({"value_bool": ""}, "a value is needed"),
        ({"value_bool": "maybe"}, "maybe is not one of the available choices"),
        ({"type": "number", "value_number": "many"}, "is not a number"),
        ({"type": "number", "value_number": "1e999"}, "is not a number"),
        ({"type": "list", "value_list": " \n "}, "a value is needed"),
        ({"type": "json", "value_json": '{"a": }'}, "in line 1, column 7"),
        ({"type": "json", "value_json": "[" * 5_000 + "]" * 5_000}, "nested too deeply"),
    ],
)
def test_what_is_wrong_comes_back_with_words_and_with_what_was_typed(add, sent, words):
    for headers in (None, HTMX):
        response = add(headers=headers, **sent)
        page = response.content.decode()
        assert response.status_code == 422
        assert words in page
        assert "Too short." in page
        assert ("<html" in page) == (headers is None)
    assert not Assessment.objects.exists()


def test_what_no_database_holds_is_replaced_or_refused(add):
    add(type="json", value_json=r'["a\u0000b", "\ud83d"]')
    assert only().value == ["a␀b", "\ufffd"]
    assert add(type="text", value_text="a\0b", name="other").status_code == 422


def test_htmx_gets_the_panel_alone(add, span):
    page = add(headers=HTMX, span_id=span.span_id, span=span.span_id, view="steps").content.decode()

    assert "<html" not in page
    assert 'id="assessments"' in page
    assert f'data-span="{span.span_id}" data-judged="1"' in page
    assert "Too short." in page


def test_a_wrong_form_goes_where_it_came_from(add):
    response = add(headers=HTMX | {"HX-Trigger": "assess-new"}, name="")
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#assess-new", "outerHTML")


def test_the_same_sent_twice_is_one_and_another_mind_overrides(add):
    add()
    add()
    assert Assessment.objects.count() == 1
    add(value_bool="true")
    assert only().overrides.value is False


def test_judges_and_programs_stand_beside_people(client_of, dana, claims, judge):
    judge(True, name="grounded")
    judge("no", name="grounded", source_type="LLM_JUDGE", source_id="gpt-judge", rationale="Section 3.9 is missing.")
    judge(None, name="length", source_type="CODE", source_id="length_check",
          error={"error_code": "TIMEOUT", "error_message": "ValueError: no answer to measure"})  # fmt: skip

    page = client_of(dana).get(f"/traces/{claims.pk}/").content.decode()

    assert "LLM judge" in page
    assert "Section 3.9 is missing." in page
    assert "they differ" in page
    assert "No verdict was given." in page
    assert "no answer to measure" in page


def test_the_form_suggests_names_that_the_experiment_has(client_of, dana, claims, judge):
    judge("Made up", name="problem_kind")
    page = client_of(dana).get(f"/traces/{claims.pk}/").content.decode()
    assert '<option value="problem_kind">' in page
    assert '<option value="Made up">' in page
    assert '<option value="expected_response">' in page


def test_a_change_is_an_override_and_the_history_tells_it(client_of, dana, claims, judge):
    old = judge(True, rationale="At a glance.", metadata={"k": "v"})
    client = client_of(dana)
    url = f"/traces/{claims.pk}/assessments/{old.pk}/edit/"

    form = client.get(url)
    assert "At a glance." in form.content.decode()
    assert "<html" not in client.get(url, headers=HTMX).content.decode()
    response = client.post(url, {"type": "bool", "value_bool": "false", "rationale": "Read it twice."})

    said = only()
    assert response.status_code == 302
    assert (said.value, said.rationale, said.name, said.overrides, said.metadata) == (
        False, "Read it twice.", "correct", old, {"k": "v"},
    )  # fmt: skip
    page = client.get(f"/traces/{claims.pk}/").content.decode()
    assert "At a glance." in page
    assert "replaced" in page


def test_a_change_that_is_wrong_is_422(client_of, dana, claims, judge):
    url = f"/traces/{claims.pk}/assessments/{judge(True).pk}/edit/"
    response = client_of(dana).post(url, {"type": "number", "value_number": "x"})
    assert response.status_code == 422
    assert only().value is True


def test_what_was_changed_meanwhile_is_told_and_what_was_typed_is_kept(client_of, dana, mallory, claims, judge):
    old = judge(True)
    newer = override(old, value="unsure")
    sent = {"type": "bool", "value_bool": "false", "rationale": "My long thought."}
    client = client_of(dana)

    response = client.post(f"/traces/{claims.pk}/assessments/{old.pk}/edit/", sent)
    page = response.content.decode()
    assert response.status_code == 409
    assert "unsure" in page
    assert "My long thought." in page
    assert f"/assessments/{newer.pk}/edit/" in page
    client.post(f"/traces/{claims.pk}/assessments/{newer.pk}/edit/", sent)
    assert only().value is False

    delete(only(), by=mallory)
    gone = Assessment.objects.filter(deleted_at__isnull=False).get()
    response = client.post(f"/traces/{claims.pk}/assessments/{gone.pk}/edit/", sent)
    assert response.status_code == 409
    assert "deleted" in response.content.decode()


def test_a_deleted_one_is_history_and_what_it_replaced_holds_again(client_of, dana, claims, judge):
    old = judge(True)
    new = override(old, value=False)
    client = client_of(dana)

    response = client.post(f"/traces/{claims.pk}/assessments/{new.pk}/delete/", {"view": "steps"}, headers=HTMX)

    page = response.content.decode()
    assert only() == old
    assert "What was said before holds again." in page
    assert "deleted by Dana Roth" in page
    assert client.post(f"/traces/{claims.pk}/assessments/{new.pk}/delete/").status_code == 302


def test_a_deleted_one_is_restored_by_who_may_change_it(client_of, dana, mallory, claims, judge):
    said = judge(True, source_id="mallory@example.org")
    delete(said, by=mallory)
    url = f"/traces/{claims.pk}/assessments/{said.pk}/restore/"
    assert client_of(dana).post(url).status_code == 403
    assert client_of(dana).get(url).status_code == 405
    assert url not in client_of(dana).get(f"/traces/{claims.pk}/").content.decode()
    assert url in client_of(mallory).get(f"/traces/{claims.pk}/").content.decode()

    page = client_of(mallory).post(url, {"view": "steps"}, headers=HTMX).content.decode()

    assert only() == said
    assert "Restored." in page
    assert "restored by" in page
    assert url not in page


def test_one_is_not_restored_over_what_was_said_meanwhile(client_of, dana, claims, judge):
    old = judge(True)
    deleted = override(old, value=False)
    delete(deleted)
    override(old, value="unsure")

    answer = client_of(dana).post(f"/traces/{claims.pk}/assessments/{deleted.pk}/restore/", headers=HTMX)

    assert "meanwhile something else was said" in answer.content.decode()
    assert only().value == "unsure"


def test_developers_change_their_own_only_and_managers_all(client_of, dana, mallory, claims, judge):
    others = judge(True, source_id="somebody@example.org")
    judges = judge("yes", source_type="LLM_JUDGE", source_id="gpt-judge", name="grounded")
    for each in (others, judges):
        url = f"/traces/{claims.pk}/assessments/{each.pk}"
        assert client_of(dana).get(f"{url}/edit/").status_code == 403
        assert client_of(dana).post(f"{url}/edit/", FEEDBACK).status_code == 403
        assert client_of(dana).post(f"{url}/delete/").status_code == 403
    assert Assessment.objects.valid().count() == 2

    url = f"/traces/{claims.pk}/assessments/{others.pk}"
    client_of(mallory).post(f"{url}/edit/", {"type": "bool", "value_bool": "false"})
    changed = Assessment.objects.get(overrides=others)
    assert (changed.value, changed.source_id) == (False, "mallory@example.org")
    client_of(mallory).post(f"/traces/{claims.pk}/assessments/{judges.pk}/delete/")
    assert list(Assessment.objects.valid()) == [changed]


def test_what_another_room_keeps_is_not_changed_here(client_of, mallory, claims, judge):
    said = judge(True, metadata={"reviewapp.review": "1"})
    client = client_of(mallory)
    assert client.post(f"/traces/{claims.pk}/assessments/{said.pk}/delete/").status_code == 403
    assert b"answered in a labeling session" in client.get(f"/traces/{claims.pk}/").content


def addresses(trace, said) -> list[str]:
    base = f"/traces/{trace.pk}/assessments/"
    return [f"{base}add/", f"{base}{said.pk}/delete/", f"{base}{said.pk}/edit/"]


def test_it_works_as_a_plain_form_with_csrf_enforced(client_of, dana, claims):
    client = client_of(dana, enforce_csrf_checks=True)
    url = f"/traces/{claims.pk}/assessments/add/"
    assert client.post(url, FEEDBACK).status_code == 403
    client.get(f"/traces/{claims.pk}/")
    assert client.post(url, FEEDBACK | {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}).status_code == 302


def test_experts_get_404_everywhere(client_of, alice, claims, judge):
    said = judge(True, source_id=alice.email)
    client = client_of(alice)
    assert [client.post(url, FEEDBACK).status_code for url in addresses(claims, said)] == [404, 404, 404]
    assert client.get(f"/traces/{claims.pk}/assessments/").status_code == 404
    assert client.get(f"/traces/{claims.pk}/questions/x/").status_code == 404


def test_what_is_not_there_is_404(client_of, dana, claims, judge, add):
    said = judge(True)
    client = client_of(dana)
    assert client.post("/traces/tr-0/assessments/add/", FEEDBACK).status_code == 404
    assert client.post(f"/traces/tr-0/assessments/{said.pk}/delete/").status_code == 404
    assert client.post(f"/traces/{claims.pk}/assessments/a-0/delete/").status_code == 404
    assert client.get(f"/traces/{claims.pk}/questions/ls-0/").status_code == 404
    assert add(span_id="0123456789abcdef").status_code == 404


def test_nobody_is_sent_to_sign_in(client, claims, judge):
    said = judge(True)
    assert [client.post(url, FEEDBACK).status_code for url in addresses(claims, said)] == [302, 302, 302]
    assert Assessment.objects.count() == 1


def test_reading_changes_nothing(client_of, dana, claims, judge):
    said = judge(True)
    client = client_of(dana)
    assert [client.get(url).status_code for url in addresses(claims, said)] == [405, 405, 200]
    assert client.get(f"/traces/{claims.pk}/assessments/", headers=HTMX).status_code == 200
    assert client.get(f"/traces/{claims.pk}/assessments/").status_code == 302
    assert client.post(f"/traces/{claims.pk}/assessments/").status_code == 405
    assert Assessment.objects.count() == 1
