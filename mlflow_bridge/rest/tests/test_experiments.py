from __future__ import annotations

import mlflow
import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def names(found) -> list[str]:
    return [each.name for each in found]


def test_one_is_made_and_found_by_id_and_name(sdk):
    made = sdk.create_experiment("claims", tags={"team": "qa"})
    experiment = sdk.get_experiment(made)
    assert (experiment.name, experiment.tags, experiment.lifecycle_stage) == ("claims", {"team": "qa"}, "active")
    assert sdk.get_experiment_by_name("claims").experiment_id == made
    assert sdk.get_experiment_by_name("other") is None


def test_zero_is_the_default(sdk):
    assert sdk.get_experiment("0").name == "Default"


def test_a_name_is_taken_once(sdk):
    sdk.create_experiment("claims")
    with pytest.raises(MlflowException) as refused:
        sdk.create_experiment("claims")
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_missing_one_is_said_to_be_missing(sdk):
    with pytest.raises(MlflowException, match="No Experiment with id=999999 exists") as refused:
        sdk.get_experiment("999999")
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_set_experiment_makes_one_and_finds_it_again(sdk):
    first = mlflow.set_experiment("claims")
    assert mlflow.set_experiment("claims").experiment_id == first.experiment_id


@pytest.mark.parametrize(
    ("filter_string", "found"),
    [
        ("name = 'claims'", ["claims"]),
        ("name LIKE 'cl%'", ["claims"]),
        ("name ILIKE 'CL%' AND tags.team = 'qa'", ["claims"]),
        ("tags.`team` != 'qa'", ["other"]),
        ("name IN ('claims', 'other')", ["claims", "other"]),
        ("creation_time > 0 AND name != 'Default'", ["claims", "other"]),
    ],
)
def test_search_takes_mlflows_filters(sdk, filter_string, found):
    sdk.create_experiment("claims", tags={"team": "qa"})
    sdk.create_experiment("other", tags={"team": "ops"})
    assert names(sdk.search_experiments(filter_string=filter_string, order_by=["name ASC"])) == found


def test_search_comes_in_pages(sdk):
    for name in "abc":
        sdk.create_experiment(name)
    first = sdk.search_experiments(filter_string="name != 'Default'", order_by=["name DESC"], max_results=2)
    rest = sdk.search_experiments(
        filter_string="name != 'Default'", order_by=["name DESC"], max_results=2, page_token=first.token
    )
    assert (names(first), names(rest), rest.token) == (["c", "b"], ["a"], None)


@pytest.mark.parametrize("filter_string", ["owner = 'x'", "name >", "name < 'a'", "creation_time LIKE 'a'"])
def test_a_filter_that_is_none_is_refused(sdk, filter_string):
    with pytest.raises(MlflowException) as refused:
        sdk.search_experiments(filter_string=filter_string)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_tags_and_names_change(sdk):
    made = sdk.create_experiment("claims")
    sdk.set_experiment_tag(made, "k", "v")
    sdk.set_experiment_tag(made, "gone", "v")
    sdk.delete_experiment_tag(made, "gone")
    sdk.rename_experiment(made, "claims 2")
    experiment = sdk.get_experiment(made)
    assert (experiment.name, experiment.tags) == ("claims 2", {"k": "v"})


def test_a_deleted_one_is_hidden_until_it_is_restored(sdk):
    made = sdk.create_experiment("claims")
    sdk.delete_experiment(made)
    assert names(sdk.search_experiments()) == ["Default"]
    assert names(sdk.search_experiments(view_type=ViewType.DELETED_ONLY)) == ["claims"]
    assert sdk.get_experiment(made).lifecycle_stage == "deleted"
    sdk.restore_experiment(made)
    assert "claims" in names(sdk.search_experiments())


def test_experts_see_none(ask, alice, default_experiment):
    answer = ask(alice, "GET", "api/2.0/mlflow/experiments/get?experiment_id=0")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")
