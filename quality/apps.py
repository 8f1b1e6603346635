from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QualityConfig(AppConfig):
    name = "quality"
    verbose_name = _("Quality")

    def ready(self) -> None:
        from quality import (
            editing,  # noqa: F401  registers the worker's job
            offering,  # noqa: F401  offers datasets in the rooms where their records come from
        )
