"""Label schemas of a server's experiment. Servers before MLflow 3.14 have none: they answer with `Refused`."""

from __future__ import annotations

from mlflow_bridge.server import MlflowServer, Said, dicts_in

PATH = "/api/3.0/mlflow/label-schemas"
PAGE = 100


def label_schemas(server: MlflowServer, experiment_id: str) -> list[Said]:
    """Return those that somebody made; the one that every experiment has by itself is left out."""
    found: list[Said] = []
    asked: Said = {"experiment_id": experiment_id, "max_results": PAGE}
    while True:
        answer = server.call("GET", f"{PATH}/list", params=asked)
        found += dicts_in(answer.get("label_schemas"))
        token = answer.get("next_page_token")
        if not token or token == asked.get("page_token"):
            return [each for each in found if not each.get("is_default")]
        asked["page_token"] = token


def create(server: MlflowServer, experiment_id: str, schema: Said) -> None:
    server.call("POST", f"{PATH}/create", json={"experiment_id": experiment_id, **schema})


def update(server: MlflowServer, schema_id: str, schema: Said) -> None:
    """Write words and input over what is there; name and type stay."""
    changed = {key: schema[key] for key in ("instruction", "enable_comment", "input")}
    server.call("PATCH", f"{PATH}/update", json={"schema_id": schema_id, **changed})
