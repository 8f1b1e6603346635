"""The list of datasets, a dataset, and its records."""

from __future__ import annotations

import csv
import io
import json

import pytest

from quality.models import EvaluationDataset, NewRecord

MALLORY = "mallory@example.org"


@pytest.fixture
def filled(dataset):
    dataset.merge_records(
        [
            NewRecord({"question": "Is hail covered?"}, {"expected_response": "Yes.", "expected_facts": ["HO-3 §2"]}),
            NewRecord({"messages": [{"role": "user", "content": "Überschwemmung?"}]}, {"expected_response": "Nein."}),
            NewRecord({"question": "=cmd()", "n": -3}, {"expected_response": "+1"}, tags={"t": "1"}),
        ],
        by=MALLORY,
    )
    return dataset


def page_of(response):
    return response.content.decode()


@pytest.mark.parametrize(
    "path", ["", "{id}/", "{id}/edit/", "{id}/sent/", "{id}/export.csv", "{id}/export.jsonl", "{id}/records/{record}/"]
)
def test_experts_have_no_such_pages_and_strangers_sign_in(client, client_of, alice, dana, mallory, filled, path):
    path = "/datasets/" + path.format(id=filled.pk, record=filled.records.first().pk)
    assert client.get(path).status_code == 302
    assert client_of(alice).get(path).status_code == 404
    assert client_of(dana).get(path).status_code == client_of(mallory).get(path).status_code == 200


def test_the_list_finds_by_name_and_experiment(client_of, dana, filled):
    EvaluationDataset.objects.create(name="Other")
    browser = client_of(dana)
    assert "3 records" in page_of(browser.get("/datasets/"))
    assert "Other" not in page_of(browser.get("/datasets/?q=water"))
    assert "Water damage" in page_of(browser.get("/datasets/?q=CLAIMS"))
    assert "No dataset is called that" in page_of(browser.get("/datasets/?q=nothing"))


def test_without_datasets_the_list_says_what_they_are_for(client_of, dana, mallory):
    assert "Go to the sessions" in page_of(client_of(mallory).get("/datasets/"))
    assert "Go to the sessions" not in page_of(client_of(dana).get("/datasets/"))


def test_a_dataset_shows_questions_with_what_is_expected(client_of, dana, filled):
    page = page_of(client_of(dana).get(f"/datasets/{filled.pk}/"))
    assert "Is hail covered?" in page
    assert "Überschwemmung?" in page
    assert "HO-3 §2" in page
    assert "added by a program of mallory@example.org" in page


def test_a_dataset_says_how_code_gets_it(client_of, dana, filled):
    page = client_of(dana).get(filled.get_absolute_url()).content.decode()

    assert f"get_dataset(dataset_id=&quot;{filled.pk}&quot;)" in page


@pytest.mark.parametrize(("text", "n"), [("HAIL", 1), ("Überschwemmung", 1), ("nein.", 1), ('"', 0), ("100%_", 0)])
def test_records_are_found_by_their_words(client_of, dana, filled, text, n):
    response = client_of(dana).get(f"/datasets/{filled.pk}/", {"q": text})
    assert response.context["page"].paginator.count == n


def test_records_come_in_pages(client_of, dana, filled, django_assert_max_num_queries):
    filled.merge_records([NewRecord({"q": n}, {"expected_response": "A"}) for n in range(60)], by=MALLORY)
    browser = client_of(dana)
    with django_assert_max_num_queries(14):
        assert len(browser.get(f"/datasets/{filled.pk}/").context["rows"]) == 50
    assert len(browser.get(f"/datasets/{filled.pk}/?page=2").context["rows"]) == 13


def test_json_lines_can_be_merged_again(client_of, dana, filled):
    response = client_of(dana).get(f"/datasets/{filled.pk}/export.jsonl")
    assert response["Content-Disposition"] == 'attachment; filename="water-damage.jsonl"'
    told = [json.loads(line) for line in b"".join(response).decode().splitlines()]
    again = EvaluationDataset.objects.create(name="Again")
    again.merge_records([NewRecord(each["inputs"], each["expectations"]) for each in told], by=MALLORY)
    kept = ("inputs", "expectations", "digest")
    assert list(again.records.order_by("digest").values(*kept)) == list(filled.records.order_by("digest").values(*kept))


def test_a_table_has_a_column_for_each_name_and_runs_no_formula(client_of, dana, filled):
    text = b"".join(client_of(dana).get(f"/datasets/{filled.pk}/export.csv")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0])[:5] == [
        "inputs.messages", "inputs.n", "inputs.question", "expectations.expected_facts",
        "expectations.expected_response",
    ]  # fmt: skip
    assert rows[0]["expectations.expected_facts"] == "HO-3 §2"
    assert (rows[2]["inputs.question"], rows[2]["inputs.n"]) == ("'=cmd()", "-3")
    assert rows[2]["expectations.expected_response"] == "+1"  # a number


def test_name_tags_and_experiments_change_and_mlflows_tags_stay(client_of, dana, filled, claims):
    EvaluationDataset.objects.filter(pk=filled.pk).update(tags={"mlflow.user": "root", "old": "1"})
    given = {"name": "Floods", "tags": "team = claims\n\nurl = a=b", "experiments": []}
    assert client_of(dana).post(f"/datasets/{filled.pk}/edit/", given).status_code == 302
    filled.refresh_from_db()
    assert (filled.name, filled.experiments.count(), filled.updated_by) == ("Floods", 0, "dana@example.org")
    assert filled.tags == {"mlflow.user": "root", "team": "claims", "url": "a=b"}


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ("a = 1\nnothing", "Line 2: a name, “=” and a value are needed."),
        ("mlflow.user = me", "Line 1: names that begin with “mlflow.” are MLflow’s own."),
        ("a = " + "x" * 5_001, "Line 1 is too long."),
        ("\n".join(f"{n} = 1" for n in range(51)), "At most 50 tags."),
    ],
)
def test_wrong_tags_are_refused_in_words(client_of, dana, filled, tags, said):
    response = client_of(dana).post(f"/datasets/{filled.pk}/edit/", {"name": "Floods", "tags": tags})
    assert response.status_code == 422
    assert said in page_of(response)


def test_admin_shows_them(client_of, db, filled, django_user_model):
    admin = client_of(django_user_model.objects.create_superuser("root@example.org"))
    for kind, pk in (("evaluationdataset", filled.pk), ("datasetrecord", filled.records.first().pk)):
        assert admin.get(f"/admin/quality/{kind}/?q=water").status_code == 200
        assert admin.get(f"/admin/quality/{kind}/{pk}/change/").status_code == 200
