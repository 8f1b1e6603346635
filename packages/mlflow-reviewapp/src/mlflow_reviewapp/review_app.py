"""The review app of an experiment, for MLflow's `ReviewApp` to wrap."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow.tracking.fluent import _get_experiment_id

from mlflow_reviewapp.schemas import ReviewAppLabelSchema, Said, schema_from_wire
from mlflow_reviewapp.server import Server


@dataclass(frozen=True)
class ServedAgent:
    """A name in code for one of the endpoints that people chat with."""

    agent_name: str
    model_serving_endpoint: str


@dataclass(frozen=True)
class ServedReviewApp:
    server: Server
    review_app_id: str
    experiment_id: str
    url: str
    agents: list[ServedAgent]
    label_schemas: list[ReviewAppLabelSchema]

    @classmethod
    def of(cls, server: Server, experiment_id: str | None = None) -> ServedReviewApp:
        """Return the review app of an experiment, or of the active one. Raises: MlflowException."""
        experiment_id = experiment_id or _get_experiment_id()
        return cls.from_wire(server, server.get("review-app", experiment_id=experiment_id))

    @classmethod
    def from_wire(cls, server: Server, told: Said) -> ServedReviewApp:
        app = told["review_app"]
        return cls(
            server,
            app["review_app_id"],
            app["experiment_id"],
            app["url"],
            [ServedAgent(**agent) for agent in app["agents"]],
            [schema_from_wire(schema) for schema in app["label_schemas"]],
        )

    def add_agent(self, *, agent_name: str, model_serving_endpoint: str, overwrite: bool = False) -> ServedReviewApp:
        told = self.server.post(
            "agents",
            experiment_id=self.experiment_id,
            agent_name=agent_name,
            model_serving_endpoint=model_serving_endpoint,
            overwrite=overwrite,
        )
        return self.from_wire(self.server, told)

    def remove_agent(self, agent_name: str) -> ServedReviewApp:
        told = self.server.delete("agents", experiment_id=self.experiment_id, agent_name=agent_name)
        return self.from_wire(self.server, told)
