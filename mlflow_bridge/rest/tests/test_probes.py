from __future__ import annotations

import pytest
from mlflow.exceptions import MlflowException

NOWHERE = "api/2.0/mlflow/registered-models/search"


@pytest.mark.parametrize(("path", "says"), [("version", "3.17.2"), ("health", "OK")])
def test_probes_need_no_token(ask, path, says):
    answer = ask(None, "GET", path)
    assert (answer.status_code, answer.text) == (200, says)


def test_server_info_says_what_the_client_may_try(ask):
    assert ask(None, "GET", "api/3.0/mlflow/server-info").json()["store_type"] == "SqlStore"


def test_without_a_token_there_is_a_401_in_mlflows_words(ask):
    answer = ask(None, "POST", "api/2.0/mlflow/experiments/search", json={})
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")


def test_what_is_not_served_says_so_as_json(ask, dana):
    answer = ask(dana, "GET", NOWHERE)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert "NOT_IMPLEMENTED" in answer.json()["message"]


def test_whatever_is_asked_under_a_prefix_of_mlflows_is_answered_in_json(ask, dana):
    for path in ("api/2.0/mlflow/model-versions/get", "api/3.0/mlflow/issues", "api/2.0/nope", "api/4.0/mlflow/traces",
                 "ajax-api/2.0/mlflow/get-trace-artifact", "ajax-api/3.0/mlflow/gateway/endpoints/list",
                 "gateway/chat/mlflow/invocations"):  # fmt: skip
        answer = ask(dana, "POST", path, json={})
        assert (path, answer.status_code, answer.json()["error_code"]) == (path, 404, "ENDPOINT_NOT_FOUND")


def test_a_method_that_an_address_has_not_says_so_too(ask, dana):
    assert ask(dana, "PUT", "api/2.0/mlflow/experiments/get").json()["error_code"] == "ENDPOINT_NOT_FOUND"


def test_the_client_shows_the_message(sdk):
    with pytest.raises(MlflowException, match="NOT_IMPLEMENTED"):
        sdk.search_registered_models()


def test_a_body_that_is_no_json_lacks_what_is_required(ask, dana):
    path = "api/2.0/mlflow/experiments/create"
    answer = ask(dana, "POST", path, content="{x")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert answer.json()["message"].startswith("Missing value for required parameter 'name'.")
