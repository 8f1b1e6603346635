"""To MLflow a labeling session is a run: its id is the session's, its traces are the session's items.

So `mlflow.search_traces(run_id=session.mlflow_run_id)` brings what experts said. Nothing of it is stored.
"""

from __future__ import annotations

import re

from labeling.models import Item, LabelingSession
from mlflow_bridge.rest.models import Run
from traces.search.runs import Gathered, gathers

RUN_ID = re.compile(r"[0-9a-f]{32}")


def session_of_run(run_id: str) -> LabelingSession | None:
    """Queries: 1."""
    if not RUN_ID.fullmatch(run_id):
        return None
    return LabelingSession.objects.filter(pk=run_id, coded__deleted_at=None).first()


def run_of_session(run_id: str) -> Run | None:
    """Return the run that a session is, not stored; None where there is no such session."""
    session = session_of_run(run_id)
    if session is None:
        return None
    closed = session.closed_at
    return Run(
        run_id=run_id,
        experiment_id=session.experiment_id,
        name=session.name,
        status=Run.Status.FINISHED if closed else Run.Status.RUNNING,
        start_time_ms=int(session.created_at.timestamp() * 1000),
        end_time_ms=int(closed.timestamp() * 1000) if closed else None,
        tags={"mlflow.runName": session.name},
    )


@gathers
def items_of_session(run_id: str) -> Gathered | None:
    session = session_of_run(run_id)
    return None if session is None else Item.objects.filter(session=session).values_list("trace_id", flat=True)
