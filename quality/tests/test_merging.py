"""Records of the same inputs are one."""

from __future__ import annotations

from django.utils import timezone

from quality.models import Merged, NewRecord

DANA = "dana@example.org"


def test_expectations_and_tags_are_added_by_name_and_the_later_wins(dataset):
    first = NewRecord({"q": "a", "n": 1}, {"expected_response": "A", "guidelines": ["brief"]}, tags={"t": "1"})
    assert dataset.merge_records([first, NewRecord({"q": "b"})], by="mallory@example.org") == Merged(2, 0)
    again = NewRecord({"n": 1, "q": "a"}, {"expected_response": "B"}, tags={"u": "2"})
    assert dataset.merge_records([again], by=DANA) == Merged(0, 1)
    record = dataset.records.get(inputs__q="a")
    assert record.expectations == {"expected_response": "B", "guidelines": ["brief"]}
    assert record.tags == {"t": "1", "u": "2"}
    assert (record.created_by, record.updated_by) == ("mallory@example.org", DANA)
    assert record.provenance["expected_response"]["by"] == [DANA]


def test_the_same_twice_in_one_call_is_one_record(dataset):
    told = [NewRecord({"q": "a"}, {"x": 1}), NewRecord({"q": "a"}, {"y": 2})]
    assert dataset.merge_records(told, by=DANA) == Merged(1, 1)
    assert dataset.records.get().expectations == {"x": 1, "y": 2}


def test_the_same_again_changes_nothing_and_keeps_where_it_comes_from(dataset):
    origin = {"how": "only", "by": ["alice@example.org"]}
    dataset.merge_records([NewRecord({"q": "a"}, {"x": 1}, provenance={"x": origin})], by=DANA)
    before = dataset.records.get()
    assert dataset.merge_records([NewRecord({"q": "a"}, {"x": 1})], by="bob@example.org") == Merged(0, 1)
    after = dataset.records.get()
    assert (after.provenance["x"], after.updated_at, after.updated_by) == (origin, before.updated_at, DANA)
    dataset.merge_records([NewRecord({"q": "a"}, {"x": True})], by="bob@example.org")
    assert dataset.records.get().expectations["x"] is True
    assert dataset.records.get().provenance["x"]["by"] == ["bob@example.org"]


def test_many_records_take_few_queries(dataset, django_assert_max_num_queries):
    told = [NewRecord({"q": n}, {"x": n}) for n in range(1_200)]
    with django_assert_max_num_queries(30):
        assert dataset.merge_records(told, by=DANA) == Merged(1_200, 0)
    assert dataset.records.count() == 1_200


def test_a_removed_record_begins_anew(dataset):
    dataset.merge_records([NewRecord({"q": "a"}, {"x": 1}, tags={"t": "1"}, outputs="O")], by=DANA)
    dataset.records.update(removed_at=timezone.now())
    assert dataset.merge_records([NewRecord({"q": "a"}, {"y": 2})], by="bob@example.org") == Merged(1, 0)
    record = dataset.records.kept().get()
    assert (record.expectations, record.tags, record.outputs) == ({"y": 2}, {}, None)
    assert (list(record.provenance), record.created_by) == (["y"], "bob@example.org")


def test_what_it_is_called_by_its_tags_stays_when_records_come(dataset):
    type(dataset).objects.update(tags={"team": "qa"})  # by somebody else, a moment ago
    dataset.merge_records([NewRecord({"q": "a"})], by=DANA)
    dataset.refresh_from_db()
    assert (dataset.tags, dataset.updated_by) == ({"team": "qa"}, DANA)
