"""From chosen traces, or a labeling session, to records of a dataset: what would come of it, then the deed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from labeling.from_traces import experiments_of
from labeling.models import LabelingSession
from quality.gathering import Gathered, gather
from quality.models import EvaluationDataset, Merged

CHOICE = "choose:"  # of a form's field: which value is to hold under a name of a record


@dataclass(frozen=True)
class Origin:
    """Where records are to come from: traces, and the session whose items they are, if one."""

    trace_ids: Sequence[str]
    session: LabelingSession | None = None

    def gather(self, dataset: EvaluationDataset | None, *, with_silent: bool) -> Gathered:
        session_id = str(self.session.pk) if self.session else ""
        return gather(self.trace_ids, dataset=dataset, session_id=session_id, with_silent=with_silent)


class NotAsSeen(Exception):
    """Somebody answered meanwhile: a value that was chosen is not among those said any more."""


def field_of(digest: str, name: str) -> str:
    """Return what a form calls the choice between what is said under a name of a record."""
    return f"{CHOICE}{digest}:{name}"


def choose(gathered: Gathered, choices: Mapping[str, str]) -> bool:
    """Let hold what was chosen; False when one of these values is not there any more."""
    is_as_seen = True
    for candidate, expected in gathered.disputes:
        key = choices.get(field_of(candidate.digest, expected.name))
        if key is None or key == expected.options[0].key:
            continue  # the rule says the same
        expected.chosen = expected.option(key)
        is_as_seen = is_as_seen and expected.chosen is not None
    return is_as_seen


@transaction.atomic
def make(
    origin: Origin,
    dataset: EvaluationDataset | None,
    *,
    name: str,
    with_silent: bool,
    choices: Mapping[str, str],
    by: User,
) -> tuple[EvaluationDataset, Merged]:
    """Merge into a dataset, or into a new one of this name, what is expected of the traces. Raises: NotAsSeen."""
    target = dataset or EvaluationDataset.objects.create(name=name, created_by=by.email, updated_by=by.email)
    target.lock()
    gathered = origin.gather(dataset, with_silent=with_silent)
    if not choose(gathered, choices):
        raise NotAsSeen
    target.experiments.add(*experiments_of(origin.trace_ids))
    return target, target.merge_records(gathered.records(by=by.email), by=by.email)
