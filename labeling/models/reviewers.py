"""People in sessions."""

from __future__ import annotations

from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Reviewer(models.Model):
    """A person in a session, with the counts that their pages show."""

    session = models.ForeignKey(
        "LabelingSession", on_delete=models.CASCADE, related_name="reviewers", verbose_name=_("session")
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reviewing", verbose_name=_("person"))
    added_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    last_active_at = models.DateTimeField(_("last active"), null=True, blank=True, editable=False)
    guidelines_read_at = models.DateTimeField(_("read the guidelines"), null=True, blank=True, editable=False)
    cursor = models.PositiveIntegerField(default=0, editable=False)  # the furthest position they have finished
    n_complete = models.PositiveIntegerField(_("finished"), default=0, editable=False)
    n_declined = models.PositiveIntegerField(_("declined"), default=0, editable=False)
    active_s = models.PositiveIntegerField(_("active (s)"), default=0, editable=False)  # over finished reviews

    class Meta:
        verbose_name = _("reviewer")
        verbose_name_plural = _("reviewers")
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="reviewer_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.session}"

    def recount(self) -> None:
        """Set the counters from the rows."""
        counts = self.session.reviews.filter(user=self.user).aggregate(
            n_complete=Count("pk", filter=Q(status="complete")),
            n_declined=Count("pk", filter=Q(status="declined")),
            active_s=Coalesce(Sum("active_s", filter=Q(status="complete")), 0),
        )
        Reviewer.objects.filter(pk=self.pk).update(**counts)


class AwaitedReviewer(models.Model):
    """Somebody whom a program put into a session by an address that has no account yet; in as soon as it has one."""

    session = models.ForeignKey(
        "LabelingSession", on_delete=models.CASCADE, related_name="awaited", verbose_name=_("session")
    )
    email = models.CharField(_("e-mail"), max_length=250)  # in lower case; programs may write anything
    added_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("awaited reviewer")
        verbose_name_plural = _("awaited reviewers")
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["session", "email"], name="awaited_once")]
        indexes = [models.Index(fields=["email"], name="awaited_by_email")]

    def __str__(self) -> str:
        return f"{self.email} · {self.session}"
