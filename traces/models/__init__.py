"""What was observed (traces, spans) and what was said about it (assessments).

Names, ids and meanings are MLflow's (3.17): TraceInfo v3, OTLP spans, Feedback and Expectation.
"""

from __future__ import annotations

from traces.models.assessments import Assessment, Json, new_assessment_id
from traces.models.experiments import DailyCount, Experiment
from traces.models.saved_views import SavedView
from traces.models.traces import Span, Trace, TraceState, TraceText

from traces.feedback.models import EndUserFeedback, PublishableKey  # isort: skip  they import the others

__all__ = [
    "Assessment",
    "DailyCount",
    "EndUserFeedback",
    "Experiment",
    "Json",
    "PublishableKey",
    "SavedView",
    "Span",
    "Trace",
    "TraceState",
    "TraceText",
    "new_assessment_id",
]
