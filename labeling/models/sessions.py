"""Sessions: setting up, opening and closing, and their counts."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from labeling import live
from labeling.models.questions import QuestionSpec, check_questions
from labeling.models.reviewers import Reviewer
from traces.models import Experiment, Trace

if TYPE_CHECKING:
    from labeling.models.reviews import Item

ITEMS_AT_ONCE = 1_000  # rows of one insert


class LabelingSession(models.Model):
    """What a manager sets up: traces, questions, people, and how many of them per item."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")  # nobody but managers sees it
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")  # can be read, not answered

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="labeling_sessions", verbose_name=_("experiment")
    )
    name = models.CharField(_("name"), max_length=250)
    instructions = models.TextField(_("instructions"), blank=True)  # markdown
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.DRAFT)
    reviews_per_item = models.PositiveIntegerField(_("reviews per item"), null=True, blank=True, default=1)  # null: all
    is_blind = models.BooleanField(_("blind"), default=True)  # others' answers never shown, not even afterwards
    # How traces were last chosen on the set-up page: see labeling/selecting.py.
    selection = models.JSONField(_("selection"), default=dict, blank=True, editable=False)
    lease_s = models.PositiveIntegerField(_("lease (s)"), default=15 * 60)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    people: models.ManyToManyField[User, Reviewer] = models.ManyToManyField(
        User, through="Reviewer", related_name="labeling_sessions"
    )
    # Counted in the transactions that change them, so that no page counts 100,000 items.
    n_items = models.PositiveIntegerField(_("items"), default=0, editable=False)
    n_open = models.PositiveIntegerField(_("items still to hand out"), default=0, editable=False)
    n_done = models.PositiveIntegerField(_("items with all reviews"), default=0, editable=False)

    class Meta:
        verbose_name = _("labeling session")
        verbose_name_plural = _("labeling sessions")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_s)

    # Setting up. Each verb leaves every counter true.

    @transaction.atomic
    def add_traces(self, traces: Iterable[Trace]) -> int:
        """Put traces at the end, those that are new, in the order given; return how many."""
        ids = traces.values_list("pk", flat=True) if isinstance(traces, models.QuerySet) else (t.pk for t in traces)
        self.lock_setup()  # or two managers would give the same positions
        self.refresh_from_db(fields=["reviews_per_item"])
        before = self.items.count()
        position = self.items.aggregate(last=Coalesce(Max("position"), 0))["last"]
        needs = self.reviews_per_item or max(1, self.reviewers.count())
        rest = iter(ids)
        while some := list(islice(rest, ITEMS_AT_ONCE)):
            known = set(self.items.filter(trace__in=some).values_list("trace_id", flat=True))
            new = [trace_id for trace_id in dict.fromkeys(some) if trace_id not in known]
            self.items.bulk_create(
                [
                    self.items.model(session=self, trace_id=trace_id, position=position + n, needs=needs)
                    for n, trace_id in enumerate(new, start=1)
                ],
                ignore_conflicts=True,
            )
            position += len(new)
        self.recount()
        return self.n_items - before

    @transaction.atomic
    def remove_traces(self, traces: Iterable[Trace]) -> int:
        """Take traces out that nobody has begun; return how many. The others stay: nothing said is lost."""
        self.lock_setup()
        items: models.QuerySet[Item] = self.items.filter(trace__in=traces).order_by("pk")
        locked = [item.pk for item in items.select_for_update()]  # so that none is handed out meanwhile
        _total, by_model = self.items.filter(pk__in=locked, reviews=None).delete()
        self.recount()
        return by_model.get("labeling.Item", 0)

    @transaction.atomic
    def set_questions(self, specs: Sequence[QuestionSpec]) -> None:
        """Ask these, in this order, and no others. Raises: ValidationError."""
        check_questions(self.experiment, specs)
        self.questions.exclude(schema__in=[spec.schema for spec in specs]).delete()
        for position, spec in enumerate(specs, start=1):
            self.questions.update_or_create(
                schema=spec.schema,
                defaults={"position": position, "is_required": spec.is_required, "show_if": spec.show_if},
            )

    @transaction.atomic
    def set_reviewers(self, users: Collection[User]) -> None:
        """Let these people review, and no others."""
        self.change_reviewers(adding=users, removing=self.people.exclude(pk__in=[user.pk for user in users]))

    @transaction.atomic
    def change_reviewers(self, *, adding: Iterable[User] = (), removing: Iterable[User] = ()) -> None:
        """Let people in, and others out: these put back what they hold; their answers stay."""
        self.lock_setup()
        known = set(self.reviewers.values_list("user_id", flat=True))
        new, gone = [user for user in dict.fromkeys(adding) if user.pk not in known], list(removing)
        touched = self.reviews.filter(Q(user__in=new) | Q(user__in=gone, status="in_progress"))
        # Locked, so that who finishes one at this moment is counted by themselves or by us.
        locked = touched.order_by("pk").select_for_update(no_key=True)
        held = {review.pk: review.item_id for review in locked if review.is_held and review.user not in new}
        self.reviews.filter(pk__in=held).update(status="pending", lease_until=None)
        self.reviewers.filter(user__in=gone).delete()
        self.reviewers.bulk_create([Reviewer(session=self, user=user) for user in new])
        for reviewer in self.reviewers.filter(user__in=new).filter(user__in=self.reviews.values("user")):
            reviewer.recount()  # they have been here before
        self.refresh_from_db(fields=["reviews_per_item"])
        self.lock_items(None if self.reviews_per_item is None else held.values())
        for item_id in held.values():
            self.items.model.objects.move(item_id, held=-1)
        if self.reviews_per_item is None:
            self.count_needs()
        self.recount()

    @transaction.atomic
    def set_reviews_per_item(self, n: int | None) -> None:
        """Ask for `n` reviews of each item, or, with None, for everybody's. What is held or finished stays."""
        if n is not None and n < 1:
            raise ValidationError({"reviews_per_item": _("An item needs at least one review.")})
        self.lock_setup()
        self.lock_items()
        self.reviews_per_item = n
        self.save(update_fields=["reviews_per_item"])
        self.count_needs()
        self.recount()

    def open(self, *, traces_come: bool = False) -> None:
        """Let the experts in. With `traces_come` the first ones are on their way.

        Raises: ValidationError naming what is missing.
        """
        missing = [
            message
            for there, message in [
                (self.n_items or traces_come, _("There are no traces in it yet.")),
                (self.questions.exists(), _("It asks no question yet.")),
                (self.reviewers.exists(), _("Nobody is in it yet.")),
            ]
            if not there
        ]
        if missing:
            raise ValidationError(missing)
        self._turn(self.State.DRAFT, self.State.OPEN, opened_at=timezone.now())

    def close(self) -> None:
        """Stop the work: everything can be read, nothing answered. Drafts stay."""
        self._turn(self.State.OPEN, self.State.CLOSED, closed_at=timezone.now())

    def reopen(self) -> None:
        self._turn(self.State.CLOSED, self.State.OPEN, closed_at=None)

    def _turn(self, old: State, new: State, **times: Any) -> None:
        """Move from one state to another; from a third one it does nothing."""
        with transaction.atomic():
            LabelingSession.objects.filter(pk=self.pk, state=old).update(state=new, **times)
            self.refresh_from_db(fields=["state", *times])
            transaction.on_commit(lambda: live.tell(self.pk))

    # Who works on an item locks it first and the session last; who changes many items does the same.

    def lock_setup(self) -> None:
        """Let nobody else set up until the transaction ends: by a row that nobody who works waits for."""
        Experiment.objects.select_for_update(no_key=True).get(pk=self.experiment_id)

    def lock_items(self, ids: Iterable[uuid.UUID] | None = None) -> None:
        """Let nobody else count on these items, or on any, until the transaction ends."""
        items = self.items.all() if ids is None else self.items.filter(pk__in=ids)
        list(items.order_by("pk").select_for_update(no_key=True).values_list("pk"))

    # Counting.

    def count(self, *, n_open: int, n_done: int) -> None:
        """Change the counters by so much."""
        if n_open or n_done:
            LabelingSession.objects.filter(pk=self.pk).update(n_open=F("n_open") + n_open, n_done=F("n_done") + n_done)

    def count_needs(self) -> None:
        """Set every item's `needs`, never below what is held or finished."""
        if self.reviews_per_item is not None:
            self.items.update(needs=Greatest(Value(self.reviews_per_item), F("n_held")))
            return
        former = (
            self.reviews.filter(item=OuterRef("pk"), status="complete")
            .exclude(user__in=self.reviewers.values("user"))
            .order_by()
            .values("item")
            .annotate(n=Count("pk"))
            .values("n")
        )
        everybody = Value(max(1, self.reviewers.count())) + Coalesce(Subquery(former), 0)
        self.items.update(needs=Greatest(everybody, F("n_held")))

    @transaction.atomic
    def recount(self) -> None:
        """Set the counters from the rows."""
        # The lock first: who has changed an item and not yet counted it here will count it after us.
        LabelingSession.objects.select_for_update(no_key=True).get(pk=self.pk)
        counts = self.items.aggregate(
            n_items=Count("pk"),
            n_open=Count("pk", filter=Q(n_held__lt=F("needs"))),
            n_done=Count("pk", filter=Q(n_complete__gte=F("needs"))),
        )
        LabelingSession.objects.filter(pk=self.pk).update(**counts)
        self.refresh_from_db(fields=list(counts))
