"""Label schemas through the SDK's own functions, with titles and every kind of answer."""

from __future__ import annotations

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import label_schemas
from mlflow.genai.label_schemas import (
    EXPECTED_FACTS,
    EXPECTED_RESPONSE,
    GUIDELINES,
    InputCategorical,
    InputCategoricalList,
    InputNumeric,
    InputPassFail,
    InputText,
    InputTextList,
)

pytestmark = pytest.mark.usefixtures("experiment")


def make(**how):
    given = {"name": "tone", "type": "feedback", "title": "How is its tone?", "input": InputText(max_length=200)}
    return label_schemas.create_label_schema(**{**given, **how})


@pytest.mark.parametrize(
    "asked",
    [
        InputCategorical(options=["Good", "Bad"]),
        InputCategoricalList(options=["Outdated", "Unsafe"]),
        InputText(),
        InputText(max_length=100),
        InputTextList(max_length_each=80, max_count=3),
        InputNumeric(min_value=1, max_value=5),
        InputNumeric(),
        InputPassFail(positive_label="Correct", negative_label="Incorrect"),
    ],
)
def test_a_question_of_each_kind_comes_back(asked):
    make(input=asked, instruction="Judge the words alone.", enable_comment=True)
    found = label_schemas.get_label_schema("tone")
    assert (found.input, found.title, found.instruction) == (asked, "How is its tone?", "Judge the words alone.")
    assert (found.type, found.enable_comment) == (label_schemas.LabelSchemaType.FEEDBACK, True)


def test_several_options_at_once_are_a_list():
    made = make(input=InputCategorical(options=["a", "b"], multi_select=True))
    assert made.input == InputCategoricalList(options=["a", "b"])


def test_a_list_of_texts_needs_no_title():
    """Over HTTP the SDK itself refuses this kind, whether there is a title or not."""
    made = make(title=None, input=InputTextList(max_length_each=80, max_count=3))
    assert (made.title, made.input) == ("tone", InputTextList(max_length_each=80, max_count=3))


def test_a_name_is_taken_once():
    make()
    with pytest.raises(MlflowException, match="already exists") as refused:
        make(input=InputNumeric())
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_overwriting_gives_it_other_words():
    first = make()
    second = make(title="And now?", input=InputText(max_length=50), overwrite=True)
    assert (second.schema_id, second.title, second.input) == (first.schema_id, "And now?", InputText(max_length=50))


def test_overwriting_may_change_the_kind_of_one_that_nobody_asks():
    make()
    assert make(type="expectation", input=InputNumeric(), overwrite=True).input == InputNumeric()
    assert label_schemas.get_label_schema("tone").type == label_schemas.LabelSchemaType.EXPECTATION


def test_what_is_asked_in_a_session_keeps_its_kind():
    make()
    mlflow.genai.create_labeling_session("first", label_schemas=["tone"])
    with pytest.raises(MlflowException, match="asked or answered in a session"):
        make(input=InputNumeric(), overwrite=True)
    assert label_schemas.get_label_schema("tone").input == InputText(max_length=200)


@pytest.mark.parametrize("name", [EXPECTED_FACTS, GUIDELINES, EXPECTED_RESPONSE])
def test_the_built_in_ones_are_there(name):
    found = label_schemas.get_label_schema(name)
    assert found.type == label_schemas.LabelSchemaType.EXPECTATION
    assert isinstance(found.input, InputText if name == EXPECTED_RESPONSE else InputTextList)
    assert found.title


def test_one_that_is_deleted_is_gone():
    make()
    label_schemas.delete_label_schema("tone")
    with pytest.raises(MlflowException, match="not found") as refused:
        label_schemas.get_label_schema("tone")
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_without_what_only_a_review_app_has_the_sdk_goes_its_own_way(experiment):
    made = label_schemas.create_label_schema("plain", type="feedback", input=InputText())
    assert label_schemas.get_label_schema(schema_id=made.schema_id).name == "plain"
    assert [each.name for each in label_schemas.list_label_schemas(experiment)] == ["plain"]
    label_schemas.delete_label_schema(schema_id=made.schema_id)


def test_what_is_wrong_with_it_is_said():
    with pytest.raises(MlflowException, match="smallest number"):
        make(input=InputNumeric(min_value=5, max_value=1))
    with pytest.raises(MlflowException, match="no input of a label schema"):
        make(input="text")


def test_developers_ask_and_managers_make(as_):
    make()
    as_("dana")
    assert label_schemas.get_label_schema("tone").name == "tone"
    with pytest.raises(MlflowException, match="managers") as refused:
        make(name="other")
    assert refused.value.error_code == "PERMISSION_DENIED"
