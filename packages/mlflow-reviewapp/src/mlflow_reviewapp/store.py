"""MLflow's labeling store over HTTP: labeling sessions and label schemas of a Review App."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any, TypeVar

import mlflow
from mlflow.entities import Trace
from mlflow.genai.labeling.labeling import LabelingSession
from mlflow.genai.labeling.stores import AbstractLabelingStore
from mlflow.tracking.fluent import _get_experiment_id

from mlflow_reviewapp.schemas import ReviewAppLabelSchema, Said, input_to_wire, schema_from_wire
from mlflow_reviewapp.server import Server

_logger = logging.getLogger(__name__)

T = TypeVar("T")
IDS_AT_ONCE = 500
TRACES_AT_ONCE = 10  # whole ones, of other servers


class ReviewAppLabelingStore(AbstractLabelingStore):
    """What `mlflow.genai.labeling` asks of a store; the tracking URI is the Review App's address."""

    def __init__(self, tracking_uri: str | None = None) -> None:
        self.server = Server(tracking_uri or mlflow.get_tracking_uri())

    def get_labeling_session(self, run_id: str) -> LabelingSession:
        return session_from_wire(self.server.get(f"labeling-sessions/{run_id}")["labeling_session"])

    def get_labeling_sessions(self, experiment_id: str | None = None) -> list[LabelingSession]:
        query = {"experiment_id": experiment_id or _get_experiment_id()}
        found: list[LabelingSession] = []
        while True:
            page = self.server.get("labeling-sessions", **query)
            found += map(session_from_wire, page.get("labeling_sessions", []))
            if not page.get("next_page_token"):
                return found
            query["page_token"] = page["next_page_token"]

    def create_labeling_session(
        self,
        name: str,
        *,
        assigned_users: list[str] | None = None,
        agent: str | None = None,
        label_schemas: list[str] | None = None,
        enable_multi_turn_chat: bool = False,
        custom_inputs: dict[str, Any] | None = None,
        experiment_id: str | None = None,
    ) -> LabelingSession:
        told = self.server.post(
            "labeling-sessions",
            experiment_id=experiment_id or _get_experiment_id(),
            name=name,
            assigned_users=assigned_users or [],
            agent=agent,
            label_schemas=label_schemas or [],
            enable_multi_turn_chat=enable_multi_turn_chat,
            custom_inputs=custom_inputs,
        )
        return session_from_wire(told["labeling_session"])

    def delete_labeling_session(self, labeling_session: LabelingSession) -> None:
        self.server.delete(path_of(labeling_session))

    def get_label_schema(self, name: str, *, experiment_id: str | None = None) -> ReviewAppLabelSchema:
        told = self.server.get("label-schemas", experiment_id=experiment_id or _get_experiment_id(), name=name)
        return schema_from_wire(told["label_schema"])

    def create_label_schema(
        self,
        name: str,
        *,
        type: str,
        title: str,
        input: Any,
        instruction: str | None = None,
        enable_comment: bool = False,
        overwrite: bool = False,
        experiment_id: str | None = None,
    ) -> ReviewAppLabelSchema:
        told = self.server.post(
            "label-schemas",
            experiment_id=experiment_id or _get_experiment_id(),
            name=name,
            type=str(type),
            title=title,
            input=input_to_wire(input),
            instruction=instruction or "",
            enable_comment=enable_comment,
            overwrite=overwrite,
        )
        return schema_from_wire(told["label_schema"])

    def delete_label_schema(self, name: str, *, experiment_id: str | None = None) -> None:
        self.server.delete("label-schemas", experiment_id=experiment_id or _get_experiment_id(), name=name)

    def add_dataset_to_session(
        self, labeling_session: LabelingSession, dataset_name: str, record_ids: list[str] | None = None
    ) -> LabelingSession:
        told = self.server.post(
            f"{path_of(labeling_session)}/dataset", dataset_name=dataset_name, record_ids=record_ids
        )
        return as_it_is_now(told)

    def add_traces_to_session(self, labeling_session: LabelingSession, traces: list[Trace]) -> LabelingSession:
        """Add traces by their ids; those that the server does not know are sent whole."""
        path = f"{path_of(labeling_session)}/traces"
        by_id = {trace.info.trace_id: trace for trace in traces}
        told: Said = {}
        unknown: list[str] = []
        for ids in pieces(list(by_id), IDS_AT_ONCE):
            told = self.server.post(path, trace_ids=ids)
            unknown += told["unknown"]
        for ids in pieces(unknown, TRACES_AT_ONCE):
            told = self.server.post(path, traces=[json.loads(by_id[each].to_json()) for each in ids])
        return as_it_is_now(told) if told else labeling_session

    def sync_session_expectations(self, labeling_session: LabelingSession, dataset: str) -> None:
        self.server.post(f"{path_of(labeling_session)}/sync", to_dataset=dataset)

    def set_session_assigned_users(
        self, labeling_session: LabelingSession, assigned_users: list[str]
    ) -> LabelingSession:
        return as_it_is_now(self.server.patch(path_of(labeling_session), assigned_users=assigned_users))


def path_of(session: LabelingSession) -> str:
    return f"labeling-sessions/{session.labeling_session_id}"


def as_it_is_now(told: Said) -> LabelingSession:
    """Return the session of an answer; say what keeps it from its experts."""
    session = session_from_wire(told["labeling_session"])
    if told["needs"]:
        _logger.warning("Its people can't open the session %r yet: %s", session.name, " ".join(told["needs"]))
    return session


def session_from_wire(told: Said) -> LabelingSession:
    return LabelingSession(
        name=told["name"],
        assigned_users=told["assigned_users"],
        agent=told["agent"],
        label_schemas=told["label_schemas"],
        labeling_session_id=told["labeling_session_id"],
        mlflow_run_id=told["mlflow_run_id"],
        review_app_id=told["review_app_id"],
        experiment_id=told["experiment_id"],
        url=told["url"],
        enable_multi_turn_chat=told["enable_multi_turn_chat"],
        custom_inputs=told["custom_inputs"],
    )


def pieces(things: list[T], size: int) -> Iterator[list[T]]:
    for begin in range(0, len(things), size):
        yield things[begin : begin + size]
