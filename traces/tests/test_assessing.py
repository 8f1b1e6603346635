from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from traces import announcing
from traces.assessing import Deleted, Replaced, delete, log, override, restore, say, update
from traces.elsewhere import KEPT_ELSEWHERE, keeps_own, kept_elsewhere
from traces.ingest.mlflow_json import MlflowAssessment, MlflowTrace
from traces.ingest.whole_traces import store_trace
from traces.models import Assessment

BY_JUDGE = {"kind": "feedback", "source_type": "LLM_JUDGE", "source_id": "gpt-judge"}


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """The ids that other rooms were told of."""
    ids: list[str] = []
    monkeypatch.setattr(announcing, "ASSESSED_LISTENERS", [ids.extend])
    return ids


def valid() -> list[object]:
    return [each.value for each in Assessment.objects.valid()]


def test_what_is_logged_is_told(claims, told):
    said = log(claims, name="grounded", value="yes", rationale="Cites 3.9.", span_id="1" * 16, **BY_JUDGE)

    said.refresh_from_db()
    assert (said.name, said.value, said.valid, said.span_id) == ("grounded", "yes", True, "1" * 16)
    assert said.assessment_id.startswith("a-")
    assert told == [said.pk]


def test_a_failed_judge_has_an_error_and_no_value(claims):
    said = log(claims, name="grounded", error={"error_code": "TIMEOUT", "error_message": "too slow"}, **BY_JUDGE)
    assert (said.value, said.error["error_code"]) == (None, "TIMEOUT")


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 251}, {"kind": "issue"}, {"source_type": "AI"}])
def test_what_no_column_holds_is_refused(claims, wrong):
    with pytest.raises(ValidationError):
        log(claims, **{"name": "correct", "value": True, **BY_JUDGE, **wrong})
    assert not Assessment.objects.exists()


def test_an_override_is_a_new_row_and_the_old_one_stays(claims, judge, told):
    old = judge(True, rationale="Looks right.")
    new = override(old, value=False, rationale="The excess is wrong.")

    old.refresh_from_db()
    assert (old.valid, old.value, old.rationale) == (False, True, "Looks right.")
    assert (new.overrides, new.source_id, new.name, new.valid) == (old, "dana@example.org", "correct", True)
    assert told == [old.pk, new.pk]


def test_who_overrides_anothers_says_so_in_their_own_name(judge, mallory):
    new = override(judge(True, **BY_JUDGE), value=False, by=mallory)
    assert (new.source_type, new.source_id) == ("HUMAN", "mallory@example.org")


def test_one_that_was_overridden_meanwhile_says_by_what(judge):
    old = judge(True)
    newest = override(override(old, value=False), value="unsure")

    with pytest.raises(Replaced) as refused:
        override(old, value=True)

    assert refused.value.by == newest
    assert valid() == ["unsure"]


def test_one_that_was_withdrawn_or_deleted_is_not_overridden(judge):
    withdrawn, deleted = judge(True, valid=False), judge(True)
    delete(deleted)

    with pytest.raises(Replaced) as refused:
        override(withdrawn, value=False)
    assert refused.value.by is None
    with pytest.raises(Deleted):
        override(deleted, value=False)


def test_an_update_keeps_its_id_and_what_stood_there(judge, told):
    said = judge(True, rationale="Fine.", metadata={"n": "3"})
    now = update(said, value=False, rationale="Not fine.", metadata={"k": "v"})

    now.refresh_from_db()
    assert (now.pk, now.value, now.rationale, now.metadata) == (said.pk, False, "Not fine.", {"n": "3", "k": "v"})
    assert (now.created_at, now.updated_at > said.updated_at) == (said.created_at, True)
    (before,) = now.revisions
    assert (before["value"], before["rationale"], before["metadata"]) == (True, "Fine.", {"n": "3"})
    assert told == [said.pk]


def test_an_update_changes_only_what_is_given(judge):
    said = judge("yes", rationale="Fine.")
    now = update(said, name="is_correct")
    assert (now.name, now.value, now.rationale) == ("is_correct", "yes", "Fine.")
    assert update(now, value=None).value is None


def test_an_update_that_changes_nothing_leaves_no_trace_of_itself(judge, told):
    now = update(judge(True, rationale="Fine."), value=True, rationale="Fine.")
    assert (now.revisions, told) == ([], [])
    assert update(now, value=1).revisions != []  # true is not 1


def test_a_deleted_one_is_not_updated(judge):
    said = judge(True)
    delete(said)
    with pytest.raises(Deleted):
        update(said, value=False)


def test_what_was_overridden_holds_again_when_its_override_is_deleted(judge, mallory, told):
    old = judge(True)
    new = override(old, value=False)
    told.clear()

    assert delete(new, by=mallory) == old

    new.refresh_from_db()
    assert (new.valid, new.deleted_by, new.value) == (False, "mallory@example.org", False)
    assert new.deleted_at is not None
    assert valid() == [True]
    assert told == [new.pk, old.pk]


def test_deleting_twice_is_once(judge, told):
    old = judge(True)
    new = override(old, value=False)
    delete(new)
    told.clear()

    assert delete(new) is None
    assert (valid(), told) == ([True], [])


def test_deleting_from_the_middle_revives_nothing(judge):
    first = judge("first")
    second = override(first, value="second")
    third = override(second, value="third")

    assert delete(second) is None
    assert valid() == ["third"]
    assert delete(third) == first
    assert valid() == ["first"]
    assert list(Assessment.objects.kept()) == [first]


def test_a_deleted_one_is_restored_in_place_and_that_is_history(judge, dana, mallory, told):
    old = judge(True)
    new = override(old, value=False, rationale="The excess is wrong.")
    delete(new, by=mallory)
    told.clear()

    back = restore(new, by=dana)

    assert (back.pk, back.valid, back.deleted_at, back.deleted_by) == (new.pk, True, None, "")
    assert valid() == [False]
    (was,) = back.revisions
    assert (was["value"], was["deleted_by"], was["restored_by"]) == (False, mallory.email, dana.email)
    assert told == [old.pk, new.pk]
    restore(new, by=dana)
    assert len(Assessment.objects.get(pk=new.pk).revisions) == 1


def test_what_was_said_in_its_place_meanwhile_is_not_pushed_away(judge, dana):
    old = judge(True)
    deleted = override(old, value=False)
    delete(deleted)
    newer = override(old, value="unsure")

    with pytest.raises(Replaced) as raised:
        restore(deleted, by=dana)

    assert raised.value.by == newer
    assert valid() == ["unsure"]


def test_one_that_another_overrides_comes_back_as_history(judge, dana):
    middle = judge(True)
    override(middle, value=False)
    delete(middle)

    assert restore(middle, by=dana).valid is False
    assert valid() == [False]


def test_saying_it_again_is_nothing_and_another_mind_overrides(claims, dana, told):
    place = {"kind": "feedback", "name": "correct"}
    first = say(claims, dana, value=True, **place)
    assert say(claims, dana, value=True, **place) == first
    second = say(claims, dana, value=False, **place)

    assert second.overrides == first
    assert valid() == [False]
    assert told == [first.pk, first.pk, second.pk]


def test_other_people_and_other_places_are_not_overridden(claims, dana, mallory):
    for user, span_id, kind in [(dana, "", "feedback"), (mallory, "", "feedback"), (dana, "a" * 16, "feedback"),
                                (dana, "", "expectation")]:  # fmt: skip
        say(claims, user, kind=kind, name="correct", value=True, span_id=span_id)
    assert len(valid()) == 4


def test_what_was_said_in_another_room_stays_beside_it(claims, dana, judge, monkeypatch):
    monkeypatch.setattr("traces.elsewhere.KEPT_ELSEWHERE", {})
    keeps_own("a.room", "It is kept there.")
    kept = judge(True, metadata={"a.room": "1"})

    assert kept_elsewhere(kept) == "It is kept there."
    assert say(claims, dana, kind="feedback", name="correct", value=False).overrides is None
    assert sorted(valid()) == [False, True]


def test_the_other_rooms_keep_their_own():
    assert {"reviewapp.review", "reviewapp.conversation", "reviewapp.comparison"} <= KEPT_ELSEWHERE.keys()


def test_an_import_does_not_bring_back_what_was_deleted(claims, judge):
    said = judge(True)
    delete(said)
    entry = MlflowAssessment(said.pk, "correct", "feedback", True, "HUMAN", "dana@example.org", said.created_at,
                             said.updated_at)  # fmt: skip
    store_trace(claims.experiment, MlflowTrace(claims.pk, claims.request_time, [], assessments=[entry]))

    assert valid() == []
