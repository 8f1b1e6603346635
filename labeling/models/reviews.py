"""Items, each expert's work on them, and what came of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from labeling.models.questions import LabelSchemaVersion
from labeling.models.sessions import LabelingSession
from traces.models import Assessment, Trace


class ItemManager(models.Manager["Item"]):
    def move(self, item_id: uuid.UUID, *, held: int = 0, complete: int = 0) -> bool:
        """Change an item's counts by so much, and its session's with them; False when there is no room.

        To be called in a transaction, last: it locks the item, then the session.
        """
        item = self.select_for_update(no_key=True).get(pk=item_id)  # and then the session, as it is now
        if held > 0 and not item.is_open:
            return False
        was_open, was_done = item.is_open, item.is_done
        item.n_held += held
        item.n_complete += complete
        if item.session.reviews_per_item is not None:  # else a manager's change may go down to what is held
            item.needs = max(item.session.reviews_per_item, item.n_held)
        item.save(update_fields=["n_held", "n_complete", "needs"])
        item.session.count(n_open=item.is_open - was_open, n_done=item.is_done - was_done)
        return True


class Item(models.Model):
    """A trace in a session.

    `n_held` counts the people who hold it or have finished it: it is handed out while n_held < needs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        LabelingSession, on_delete=models.CASCADE, related_name="items", verbose_name=_("session")
    )
    trace = models.ForeignKey(Trace, on_delete=models.PROTECT, related_name="items", verbose_name=_("trace"))
    position = models.PositiveIntegerField(_("position"))
    needs = models.PositiveIntegerField(_("needs reviews"), default=1)
    n_held = models.PositiveIntegerField(_("handed out"), default=0, editable=False)
    n_complete = models.PositiveIntegerField(_("finished"), default=0, editable=False)

    objects: ClassVar[ItemManager] = ItemManager()

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["session", "position"]
        constraints = [
            models.UniqueConstraint(fields=["session", "trace"], name="item_once"),
            # The database itself refuses to hand out more than is needed.
            models.CheckConstraint(condition=Q(n_held__lte=F("needs")), name="item_not_overshot"),
        ]
        indexes = [
            models.Index(fields=["session", "position"], name="item_by_position"),
            models.Index(fields=["session", "position"], name="item_to_hand_out", condition=Q(n_held__lt=F("needs"))),
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.position}"

    @property
    def is_open(self) -> bool:
        """Whether it is still handed out."""
        return self.n_held < self.needs

    @property
    def is_done(self) -> bool:
        return self.n_complete >= self.needs


class Review(models.Model):
    """One expert's work on one item.

    pending      handed out once, but not held: the lease ended, or the expert put it back; drafts stay
    in_progress  held until `lease_until`
    complete     finished: the answers are assessments
    declined     cannot judge it, with a reason; somebody else may get the item
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        IN_PROGRESS = "in_progress", _("In progress")
        COMPLETE = "complete", _("Finished")
        DECLINED = "declined", _("Declined")

    class Reason(models.TextChoices):
        NOT_MY_FIELD = "not_my_field", _("Not my field")
        UNCLEAR = "unclear", _("Unclear")
        BROKEN = "broken", _("Broken or unreadable")
        OTHER = "other", _("Something else")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("item"))
    session = models.ForeignKey(
        LabelingSession, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("session")
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("person"))
    status = models.CharField(_("status"), max_length=11, choices=Status, default=Status.IN_PROGRESS)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    draft = models.JSONField(_("draft"), default=dict, blank=True)  # {<schema id>: {value, comment, evidence, version}}
    draft_saved_at = models.DateTimeField(_("draft saved"), null=True, blank=True)
    decline_reason = models.CharField(_("reason"), max_length=12, choices=Reason, blank=True)
    decline_note = models.TextField(_("note"), blank=True)
    active_s = models.PositiveIntegerField(_("active (s)"), default=0)  # seconds of attention, as the page counts them
    handed_out_at = models.DateTimeField(_("handed out"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["handed_out_at", "id"]
        constraints = [models.UniqueConstraint(fields=["item", "user"], name="review_once")]
        indexes = [
            models.Index(fields=["session", "user", "handed_out_at"], name="review_of_person"),
            models.Index(fields=["session", "user"], name="review_unfinished", condition=Q(finished_at=None)),
            models.Index(fields=["session", "lease_until"], name="review_leases", condition=Q(status="in_progress")),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.item}"

    def get_absolute_url(self) -> str:
        return reverse("labeling:my-review", args=[self.pk])

    @property
    def is_held(self) -> bool:
        return self.status == self.Status.IN_PROGRESS

    @property
    def is_finished(self) -> bool:
        return self.status in {self.Status.COMPLETE, self.Status.DECLINED}


class Answer(models.Model):
    """What one expert says to one version of one question on one item, and the assessment that says so.

    A changed mind is a new assessment that overrides the old one; `assessment` names the valid one.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="answers", verbose_name=_("review"))
    version = models.ForeignKey(
        LabelSchemaVersion, on_delete=models.PROTECT, related_name="answers", verbose_name=_("question version")
    )
    assessment = models.OneToOneField(
        Assessment, on_delete=models.CASCADE, related_name="answer", verbose_name=_("assessment")
    )

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [models.UniqueConstraint(fields=["review", "version"], name="answer_once")]

    def __str__(self) -> str:
        return f"{self.version}: {self.assessment.value!r}"
