from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TracesConfig(AppConfig):
    name = "traces"
    verbose_name = _("Traces")

    def ready(self) -> None:
        from traces import (
            arriving,  # noqa: F401  hears of the traces that arrive
            retention,  # noqa: F401  has its turn in the worker
            same_call,  # noqa: F401  leads from one trace to another
        )
        from traces.feedback import receiving  # noqa: F401  hears of arriving traces, and is swept by the worker
        from traces.search import full_text  # noqa: F401  has its turn in the worker
        from traces.search.patterns import add_function

        post_migrate.connect(make_default_experiment, sender=self)
        connection_created.connect(add_function)


def make_default_experiment(*, using: str, apps: Apps = current_apps, **_: Any) -> None:
    """Keep experiment 0, which MLflow's clients count on, also when the tables were emptied (`manage.py flush`)."""
    try:
        experiment = apps.get_model("traces", "Experiment")
    except LookupError:  # migrated back to nothing
        return
    experiment._default_manager.using(using).get_or_create(pk=0, defaults={"name": "Default"})
