"""Masking what comes in, before any of it is stored or read.

What was masked is counted on each span, in the attribute `MASKED`; a trace's count is the sum of its spans', so that
what is sent twice counts once. Ids, times and numbers stay as they came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from traces.counting import count_masked
from traces.dialects.spans import MASKED
from traces.ingest.incoming import IncomingSpan
from traces.ingest.mlflow_json import MlflowTrace
from traces.models import Experiment
from traces.redaction.masking import Masker
from traces.redaction.rules import rules_from

# Of a resource by its identity, as spans share it: as it came (held, so that the identity stays), masked, how much.
Resources = dict[int, tuple[dict[str, Any], dict[str, Any], Counter[str]]]


def mask_spans(experiment: Experiment, spans: Sequence[IncomingSpan]) -> Counter[str]:
    """Mask spans in place; return how much, by the rules' names."""
    if not experiment.redaction:
        return Counter()
    masker = Masker(rules_from(experiment.redaction))
    resources: Resources = {}
    for span in spans:
        if masker.may_change("\n".join(_texts(span))):
            _mask(span, masker)
        _mask_resource(span, masker, resources)
        if masker.counts:
            span.attributes[MASKED] = dict(masker.counts)
            masker.total += masker.counts
            masker.counts = Counter()
    return masker.total


def _mask(span: IncomingSpan, masker: Masker) -> None:
    span.name = masker.text(span.name)
    span.scope = masker.text(span.scope)
    span.status_message = masker.text(span.status_message)
    span.attributes = masker.members(span.attributes)
    span.events = [_masked_event(event, masker) for event in span.events]
    span.links = [{**link, "attributes": masker.value(link.get("attributes") or {})} for link in span.links]
    if span.logs:
        span.logs = [_masked_record(record, masker) for record in span.logs]


def _masked_event(event: dict[str, Any], masker: Masker) -> dict[str, Any]:
    """Return an event or log record with name, body and attributes masked; its time stays."""
    return {key: value if key == "time_unix_nano" else masker.value(value, key) for key, value in event.items()}


def _masked_record(record: dict[str, Any], masker: Masker) -> dict[str, Any]:
    """The same for a log record, which keeps its own count: it may join a span that is there."""
    before, masker.counts = masker.counts, Counter()
    masked = _masked_event(record, masker)
    if masker.counts:
        masked[MASKED] = dict(masker.counts)
        masker.total += masker.counts
    masker.counts = before
    return masked


def _mask_resource(span: IncomingSpan, masker: Masker, resources: Resources) -> None:
    known = resources.get(id(span.resource))
    if known is None:
        before, masker.counts = masker.counts, Counter()
        known = (span.resource, masker.members(span.resource), masker.counts)
        resources[id(span.resource)] = known
        masker.counts = before
    _, span.resource, counts = known
    if counts:
        masker.counts = masker.counts + counts


def _texts(span: IncomingSpan) -> list[str]:
    """Return every text of a span, its resource's apart."""
    texts = [span.name, span.scope, span.status_message]
    _add_texts(span.attributes, texts)
    for part in (span.events, span.links, span.logs):
        if part:
            _add_texts(part, texts)
    return texts


def _add_texts(value: dict[str, Any] | list[Any], texts: list[str]) -> None:
    if isinstance(value, dict):
        texts += value
        parts = [*value.values()]
    else:
        parts = value
    texts += [part for part in parts if isinstance(part, str)]
    for part in parts:
        if isinstance(part, (dict, list)):
            _add_texts(part, texts)


def mask_trace(experiment: Experiment, whole: MlflowTrace) -> Counter[str]:
    """Mask, in place, what was said of a trace beside its spans: previews, metadata, tags, assessments."""
    if not experiment.redaction:
        return Counter()
    masker = Masker(rules_from(experiment.redaction))
    whole.request_preview = masker.text(whole.request_preview)
    whole.response_preview = masker.text(whole.response_preview)
    whole.metadata = masker.members(whole.metadata)
    whole.tags = masker.members(whole.tags)
    for said in whole.assessments:
        said.value = masker.value(said.value)
        said.error = masker.value(said.error)
        said.rationale = masker.text(said.rationale)
        said.metadata = masker.members(said.metadata)
    return masker.counts


def masked_words(experiment: Experiment, said: dict[str, Any]) -> dict[str, Any]:
    """Return what is said from outside about a trace that is there: an assessment's fields, tags, a comment.

    What people say in the product itself stays as they say it. Fields keep their names. What was masked counts for
    the experiment once it is committed.
    """
    if not experiment.redaction:
        return said
    masker = Masker(rules_from(experiment.redaction))
    masked = {name: masker.value(value, name) for name, value in said.items()}
    count_masked(experiment, masker.counts)
    return masked
