"""Questions that code makes, and that pages show; through the SDK."""

from __future__ import annotations

import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import label_schemas
from mlflow.genai.label_schemas import InputCategorical, InputNumeric, InputPassFail, InputText

from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from traces.models import Experiment


@pytest.fixture
def library(sdk, experiment, mallory, token_of, monkeypatch) -> Experiment:
    """The experiment's library, in the hands of a manager."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token_of(mallory))
    return Experiment.objects.get(pk=experiment)


def make(**how):
    given = {"name": "tone", "type": "feedback", "input": InputCategorical(options=["a", "b"])}
    return label_schemas.create_label_schema(**{**given, **how})


@pytest.mark.parametrize("asked", [
    InputPassFail(positive_label="Yes", negative_label="No"), InputCategorical(options=["a", "b"], multi_select=True),
    InputNumeric(min_value=1, max_value=5), InputNumeric(), InputText(max_length=500), InputText(),
])  # fmt: skip
def test_a_question_of_each_kind_comes_back(library, asked):
    made = make(input=asked, instruction="i", enable_comment=True)
    found = label_schemas.get_label_schema(schema_id=made.schema_id)
    assert (found.input, found.instruction, found.enable_comment) == (asked, "i", True)


def test_it_is_a_question_of_the_library(library):
    made = make(type="expectation", input=InputText())
    schema = LabelSchema.objects.get(pk=made.schema_id)
    assert (schema.experiment, schema.type, schema.current.number) == (library, "expectation", 1)


def test_a_name_is_taken_once(library):
    make()
    with pytest.raises(MlflowException, match="already exists") as refused:
        make(input=InputText())
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_an_update_is_a_new_version(dana_client, ask, library, mallory):
    made = make()
    told = {"schema_id": made.schema_id, "instruction": "now", "name": "tone2",
            "input": {"categorical": {"options": ["a", "b", "c"], "multi_select": False}}}  # fmt: skip
    answer = ask(mallory, "PATCH", "api/3.0/mlflow/label-schemas/update", json=told).json()["label_schema"]
    assert (answer["name"], answer["instruction"]) == ("tone2", "now")
    assert answer["input"]["categorical"]["options"] == ["a", "b", "c"]
    assert LabelSchema.objects.get().current.number == 2


def test_the_kind_of_answer_never_changes(ask, library, mallory):
    told = {"schema_id": make().schema_id, "input": {"text": {}}}
    answer = ask(mallory, "PATCH", "api/3.0/mlflow/label-schemas/update", json=told)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "InputCategorical, got: InputText" in answer.json()["message"]


def test_a_deleted_one_is_gone_and_once_more_is_no_error(library):
    made = make()
    for _ in range(2):
        label_schemas.delete_label_schema(schema_id=made.schema_id)
    assert not LabelSchema.objects.exists()


def test_a_question_that_a_session_asks_stays(ask, library, mallory):
    made = make()
    schema = LabelSchema.objects.get(pk=made.schema_id)
    session = LabelingSession.objects.create(name="s", experiment=library, created_by=mallory)
    session.set_questions([QuestionSpec(schema)])
    answer = ask(mallory, "DELETE", "api/3.0/mlflow/label-schemas/delete", json={"schema_id": made.schema_id})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert LabelSchema.objects.filter(pk=schema.pk, current__isnull=False).exists()


@pytest.mark.parametrize(
    ("config", "shown"),
    [
        ({"rating": {"min": 1, "max": 5}}, {"numeric": {"min_value": 1.0, "max_value": 5.0}}),
        ({"text_list": {}}, {"text": {}}),
        (
            {"categorical": {"options": [{"value": "a", "label": "A"}]}},
            {"categorical": {"options": ["a"], "multi_select": False}},
        ),
    ],
)
def test_our_own_kinds_are_shown_as_the_nearest_of_mlflows(dana_client, library, config, shown):
    LabelSchema.objects.ask(experiment=library, name="q", type="feedback", title="Q", input=config)
    path = f"api/3.0/mlflow/label-schemas/list?experiment_id={library.pk}"
    assert dana_client("GET", path).json()["label_schemas"][0]["input"] == shown


def test_developers_read_and_do_not_write(ask, dana_client, library):
    make()
    by_name = f"api/3.0/mlflow/label-schemas/get-by-name?experiment_id={library.pk}&name=tone"
    assert dana_client("GET", by_name).status_code == 200
    told = {"experiment_id": str(library.pk), "name": "q", "type": "FEEDBACK", "input": {"text": {}}}
    assert dana_client("POST", "api/3.0/mlflow/label-schemas/create", json=told).status_code == 403


@pytest.mark.parametrize("told", [{"input": {}}, {"input": {"slider": {}}}, {"input": {"categorical": {"options": []}}},
                                  {"type": "WISH"}, {"name": "n" * 251}, {"instruction": "i" * 1001}])  # fmt: skip
def test_what_is_no_question_is_refused(ask, library, mallory, told):
    given = {"experiment_id": str(library.pk), "name": "q", "type": "FEEDBACK", "input": {"text": {}}, **told}
    answer = ask(mallory, "POST", "api/3.0/mlflow/label-schemas/create", json=given)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
