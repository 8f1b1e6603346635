from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MlflowBridgeConfig(AppConfig):
    name = "mlflow_bridge"
    verbose_name = _("MLflow")

    def ready(self) -> None:
        from mlflow_bridge import files, outbox, related  # noqa: F401  they register what this room knows of a trace
