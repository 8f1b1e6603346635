from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MlflowBridgeConfig(AppConfig):
    name = "mlflow_bridge"
    verbose_name = _("MLflow")

    def ready(self) -> None:
        from mlflow_bridge import (
            dataset_destinations,  # noqa: F401  offers servers where datasets can be sent
            dataset_sync,  # noqa: F401  registers the worker's job
            files,  # noqa: F401  opens the files of traces
            outbox,  # noqa: F401  hears of each assessment
            related,  # noqa: F401  leads from a trace to its server
        )
        from mlflow_bridge.rest import (
            session_runs,  # noqa: F401  knows the traces of sessions' runs
            user_queues,  # noqa: F401  hears of each question
        )
