from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LabelingConfig(AppConfig):
    name = "labeling"
    verbose_name = _("Labeling")

    def ready(self) -> None:
        from labeling import (
            access,  # noqa: F401  registers who may read which trace
            from_traces,  # noqa: F401  offers sessions in the list of traces
            keeping,  # noqa: F401  registers which traces stay
            offering,  # noqa: F401  registers the questions to answer beside a trace
            staffing,  # noqa: F401  hears of new accounts, which sessions may await
            standing_rules,  # noqa: F401  registers the worker's job
        )
        from traces.elsewhere import keeps_own

        keeps_own("reviewapp.review", _("It was answered in a labeling session, and is changed there."))
