"""Who may read which trace. The look-up is the permission: strangers get 404.

Developers, managers and admins read every trace. An expert reads a trace only where another room
gives it to them: that room registers a rule (`lets_read`), as this one knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from accounts.models import User
from reviewapp.lib.columns import Columns, fetch, read_row
from traces.models import Assessment, Experiment, Span, Trace
from traces.verdicts import may_change

Rule = Callable[[User, str], bool]
RULES: list[Rule] = []

TRACE = Columns(Trace, of="t")
EXPERIMENT = Columns(Experiment, of="e")
FIND = f"""
    SELECT {TRACE.listed}, {EXPERIMENT.listed} FROM traces_trace t JOIN traces_experiment e ON e.id = t.experiment_id
    WHERE t.trace_id = %(trace)s AND t.deleted_at IS NULL
"""  # noqa: S608 - names of ours


def lets_read(rule: Rule) -> Rule:
    """Register a rule: it says whether the person may read the trace with this id."""
    RULES.append(rule)
    return rule


def traces_for(user: User) -> QuerySet[Trace]:
    """Every trace that nobody deleted, for those who read traces at all.

    Raises: Http404 for experts, to whom these pages do not exist.
    """
    if not user.reads_traces:
        raise Http404
    return Trace.objects.kept()


def get_trace_for(user: User, trace_id: str) -> Trace:
    """Return the trace as developers and managers see it, or raise Http404."""
    trace = traces_for(user).select_related("experiment").filter(pk=trace_id).first()
    if trace is None:
        raise Http404
    return trace


def get_span_for(user: User, trace_id: str, span_id: str) -> Span:
    """Return a span with all that it carries, for developers and managers, or raise Http404."""
    span = Span.objects.filter(trace__in=traces_for(user).filter(pk=trace_id), span_id=span_id).first()
    if span is None:
        raise Http404
    return span


def get_changeable_assessment_for(user: User, trace_id: str, assessment_id: str) -> Assessment:
    """Return an assessment, with its trace, that the person may change beside it; perhaps it was deleted already.

    Raises: Http404; PermissionDenied for one of somebody else, or that another room keeps.
    """
    said = Assessment.objects.select_related("trace__experiment")
    found = said.filter(trace__in=traces_for(user).filter(pk=trace_id), pk=assessment_id).first()
    if found is None:
        raise Http404
    if not may_change(found, user):
        raise PermissionDenied
    return found


def get_readable_trace_for(user: User, trace_id: str) -> Trace:
    """Return the trace if the person may read its conversation, experts in a session included; else raise Http404.

    With its experiment. Programs ask for it with each thing they say, so by hand: see reviewapp/lib/columns.py.
    """
    if not user.reads_traces and not any(rule(user, trace_id) for rule in RULES):
        raise Http404
    for row in fetch(FIND, trace=trace_id):
        trace, trace.experiment = read_row(row, TRACE, EXPERIMENT)
        return cast(Trace, trace)
    raise Http404


def experiments_for(user: User) -> QuerySet[Experiment]:
    """Return the experiments, whose settings everybody sees who reads traces. Raises: Http404."""
    if not user.reads_traces:
        raise Http404
    return Experiment.objects.all()


def get_experiment_for(user: User, experiment_id: int) -> Experiment:
    """Raises: Http404."""
    experiment = experiments_for(user).filter(pk=experiment_id).first()
    if experiment is None:
        raise Http404
    return experiment


def get_experiment_changed_by(user: User, experiment_id: int) -> Experiment:
    """Raises: Http404; PermissionDenied for developers, who read the settings."""
    experiment = get_experiment_for(user, experiment_id)
    if not user.runs_sessions:
        raise PermissionDenied("only managers and admins change what is kept of traces")
    return experiment
