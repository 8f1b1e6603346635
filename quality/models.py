"""Evaluation datasets, as MLflow's: questions with what is expected of the answers."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from traces.assessing import same
from traces.models import Experiment, Json

AT_ONCE = 500  # records of one statement
Object = dict[str, Any]


def new_dataset_id() -> str:
    return f"d-{uuid.uuid4().hex}"


def new_record_id() -> str:
    return f"dr-{uuid.uuid4().hex}"


def digest_of(inputs: Object) -> str:
    """Return what is the same for the same inputs, in whatever order they are written."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What is to be in a dataset; what is empty says nothing.

    expectations  name → value
    source        as MLflow's: {source_type: TRACE, HUMAN, CODE or DOCUMENT, source_data: {trace_id, …}}
    provenance    name of an expectation → where its value comes from; see DatasetRecord
    """

    inputs: Object
    expectations: Object = field(default_factory=dict)
    outputs: Json = None
    tags: Object = field(default_factory=dict)
    source: Object | None = None
    provenance: dict[str, Object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merged:
    """How many records are new, and how many were added to one that was there."""

    n_inserted: int = 0
    n_updated: int = 0


class EvaluationDataset(models.Model):
    """Questions with what is expected of their answers, to evaluate an application with. Names need not be unique."""

    dataset_id = models.CharField(_("dataset id"), max_length=50, primary_key=True, default=new_dataset_id)
    name = models.CharField(_("name"), max_length=250)
    tags = models.JSONField(_("tags"), default=dict, blank=True)  # str → str
    experiments = models.ManyToManyField(
        Experiment, blank=True, related_name="evaluation_datasets", verbose_name=_("experiments")
    )
    created_by = models.CharField(_("created by"), max_length=250, blank=True)  # an e-mail, as is updated_by
    updated_by = models.CharField(_("changed by"), max_length=250, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("evaluation dataset")
        verbose_name_plural = _("evaluation datasets")
        ordering = ["-created_at", "dataset_id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("quality:dataset", args=[self.pk])

    def lock(self) -> None:
        """Let nobody else change it until the transaction ends."""
        EvaluationDataset.objects.select_for_update(no_key=True).only("pk").get(pk=self.pk)

    def touch(self, *, by: str) -> None:
        """Note that a person, or their program, changed it."""
        self.updated_by = by
        self.save(update_fields=["updated_by", "updated_at"])

    @transaction.atomic
    def merge_records(self, records: Iterable[NewRecord], *, by: str) -> Merged:
        """Add records; of the same inputs there is one: expectations and tags are added to it by name, the later wins.

        by      the e-mail of who does it
        Whoever adds records does it by this verb.
        """
        self.lock()
        counts: Counter[bool] = Counter()
        rest = iter(records)
        while some := list(islice(rest, AT_ONCE)):
            counts += self._merge(some, by)
        self.touch(by=by)
        return Merged(n_inserted=counts[True], n_updated=counts[False])

    def _merge(self, told: Sequence[NewRecord], by: str) -> Counter[bool]:
        """Count which are new."""
        digests = [digest_of(each.inputs) for each in told]
        found = {each.digest: each for each in self.records.filter(digest__in=set(digests))}
        there = {digest for digest, record in found.items() if record.removed_at is None}
        counts: Counter[bool] = Counter()
        changed: dict[str, DatasetRecord] = {}
        for digest, each in zip(digests, told, strict=True):
            counts[digest not in there] += 1
            there.add(digest)
            if digest not in found:
                found[digest] = changed[digest] = DatasetRecord(dataset=self, inputs=each.inputs, digest=digest)
            if found[digest].merge(each, by=by):
                changed[digest] = found[digest]
        DatasetRecord.objects.bulk_create(
            changed.values(), update_conflicts=True, unique_fields=["record_id"], update_fields=MERGED
        )
        return counts


MERGED = ["expectations", "tags", "outputs", "source", "provenance", "revisions", "created_by", "updated_by",
          "created_at", "updated_at", "removed_at"]  # fmt: skip


class DatasetRecordQuerySet(models.QuerySet["DatasetRecord"]):
    def kept(self) -> Self:
        """Leave out what somebody removed; it is still there for a while, for who changes their mind."""
        return self.filter(removed_at=None)


class DatasetRecord(models.Model):
    """One question of a dataset: of the same inputs there is one, to which what is said later is added.

    `provenance` says of each expectation where its value comes from: {name: {
        how         only, agreed, most, latest, ranked, chosen (see quality/weighing.py), edited (here, by hand),
                    merged (by a program)
        by          e-mails, or names, of those who said it; of an edited or merged one, of who did that
        at          ISO 8601, when they said it last
        n_others    how many said something else
        chosen_by, decided_at                    of a chosen or edited one: who decided, and when
        trace_ids, assessment_ids, session_ids   of what was said about traces: where
    }}
    """

    record_id = models.CharField(_("record id"), max_length=50, primary_key=True, default=new_record_id)
    dataset = models.ForeignKey(
        EvaluationDataset, on_delete=models.CASCADE, related_name="records", verbose_name=_("dataset")
    )
    inputs = models.JSONField(_("inputs"))
    digest = models.CharField(_("digest of the inputs"), max_length=64, editable=False)
    outputs = models.JSONField(_("outputs"), null=True, blank=True)
    expectations = models.JSONField(_("expectations"), default=dict, blank=True)  # name → value
    tags = models.JSONField(_("tags"), default=dict, blank=True)
    source = models.JSONField(_("source"), null=True, blank=True)  # {source_type, source_data: {trace_id, …}}
    provenance = models.JSONField(_("provenance"), default=dict, blank=True)
    # What an edit replaced, oldest first: [{inputs, expectations, provenance, until (ISO 8601)}]
    revisions = models.JSONField(_("revisions"), default=list, blank=True, editable=False)
    created_by = models.CharField(_("created by"), max_length=250, blank=True)
    updated_by = models.CharField(_("changed by"), max_length=250, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager[DatasetRecord]] = DatasetRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("record of a dataset")
        verbose_name_plural = _("records of datasets")
        ordering = ["created_at", "record_id"]
        constraints = [models.UniqueConstraint(fields=["dataset", "digest"], name="dataset_record_once")]
        indexes = [
            models.Index(fields=["dataset", "created_at", "record_id"], name="record_by_age"),
            models.Index(fields=["removed_at"], name="record_removed", condition=models.Q(removed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.record_id

    def merge(self, told: NewRecord, *, by: str) -> bool:
        """Add what is told, not yet saved; a removed record begins anew. False: it said all that already."""
        now = timezone.now()
        before = self.content() if self.removed_at is None else None
        if self.removed_at is not None:
            self.expectations, self.tags, self.provenance, self.revisions = {}, {}, {}, []
            self.outputs = self.source = self.removed_at = None
            self.created_at, self.created_by = now, ""
        unsaid = {"how": "merged", "by": [by], "at": now.isoformat()}
        for name, value in told.expectations.items():
            is_there = name in self.expectations and same(self.expectations[name], value)
            if name in told.provenance or not is_there:
                self.provenance = {**self.provenance, name: told.provenance.get(name, unsaid)}
        self.expectations = {**self.expectations, **told.expectations}
        self.tags = {**self.tags, **told.tags}
        if told.outputs is not None:
            self.outputs = told.outputs
        self.source = self.source or told.source
        if self.content() == before:
            return False
        self.created_by, self.updated_by, self.updated_at = self.created_by or by, by, now
        return True

    def content(self) -> str:
        """Return all that a merge may change, to be compared: in Python True is 1."""
        said = [self.expectations, self.tags, self.outputs, self.source, self.provenance]
        return json.dumps(said, sort_keys=True)
