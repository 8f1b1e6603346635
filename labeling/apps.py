from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LabelingConfig(AppConfig):
    name = "labeling"
    verbose_name = _("Labeling")

    def ready(self) -> None:
        from labeling import (
            access,  # noqa: F401  registers who may read which trace
            keeping,  # noqa: F401  registers which traces stay
            standing_rules,  # noqa: F401  registers the worker's job
        )
