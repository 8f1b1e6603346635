"""What end users of the application say, from the application's own pages.

The models stand here and are known to Django through traces/models.py.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEY_PREFIX = "pk_"
GRACE = timedelta(days=7)  # the old key of a rotation: pages that are open in browsers go on with it
WAITS_FOR = timedelta(days=7)  # feedback for its trace
KEPT_FOR = timedelta(days=30)  # receipts, and what expired


def new_key() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(24)


class PublishableKeyQuerySet(models.QuerySet["PublishableKey"]):
    def usable(self) -> Self:
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()))


class PublishableKey(models.Model):
    """What an application's pages carry. It adds feedback to one experiment, nothing else, so it is no secret."""

    key = models.CharField(_("key"), max_length=50, unique=True, default=new_key, editable=False)
    experiment = models.ForeignKey(
        "traces.Experiment", on_delete=models.CASCADE, related_name="publishable_keys", verbose_name=_("experiment")
    )
    name = models.CharField(_("name"), max_length=100)
    origins = models.JSONField(_("origins"), default=list)  # ["https://app.example.org", "https://*.example.org"]
    per_minute = models.PositiveIntegerField(_("feedback per minute"), default=600)
    per_address_minute = models.PositiveIntegerField(_("feedback per minute of one address"), default=30)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    ends_at = models.DateTimeField(_("ends"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    n_taken = models.PositiveIntegerField(_("feedback taken"), default=0, editable=False)
    last_refusal = models.CharField(_("last refusal"), max_length=300, blank=True, editable=False)
    last_refused_at = models.DateTimeField(_("last refused"), null=True, editable=False)

    objects: ClassVar[models.Manager[PublishableKey]] = PublishableKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("publishable key")
        verbose_name_plural = _("publishable keys")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("traces:feedback-key", args=[self.pk])

    @property
    def is_usable(self) -> bool:
        return self.ends_at is None or self.ends_at > timezone.now()

    def revoke(self) -> None:
        """Take nothing more by this key, from now on."""
        self.ends_at = timezone.now()
        self.save(update_fields=["ends_at"])

    @transaction.atomic
    def rotate(self, *, by: models.Model) -> PublishableKey:
        """Return a new key in this one's place; this one goes on for GRACE."""
        now = timezone.now()
        self.ends_at = min(self.ends_at or now + GRACE, now + GRACE)
        self.save(update_fields=["ends_at"])
        return PublishableKey.objects.create(
            experiment_id=self.experiment_id, name=self.name, origins=self.origins, per_minute=self.per_minute,
            per_address_minute=self.per_address_minute, created_by_id=by.pk,
        )  # fmt: skip

    def note_use(self) -> None:
        PublishableKey.objects.filter(pk=self.pk).update(n_taken=F("n_taken") + 1, last_used_at=timezone.now())

    def note_refusal(self, why: str) -> None:
        PublishableKey.objects.filter(pk=self.pk).update(last_refusal=why[:300], last_refused_at=timezone.now())


class EndUserFeedbackQuerySet(models.QuerySet["EndUserFeedback"]):
    def waiting(self) -> Self:
        return self.filter(state=EndUserFeedback.State.WAITING, expires_at__gt=timezone.now())

    def overdue(self) -> Self:
        return self.filter(state=EndUserFeedback.State.WAITING, expires_at__lte=timezone.now())

    def not_joined(self) -> Self:
        return self.exclude(state=EndUserFeedback.State.JOINED)


class EndUserFeedback(models.Model):
    """One thing that was sent: it waits for its trace if that is not there; afterwards it is the receipt of a resend.

    waiting  its trace is not there yet
    joined   it is on its trace, as assessments; what it said stands there alone
    expired  its trace did not come in time; what it said is kept for a while, and shown
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        JOINED = "joined", _("On its trace")
        EXPIRED = "expired", _("Expired")

    key = models.ForeignKey(
        PublishableKey, on_delete=models.CASCADE, related_name="feedback", verbose_name=_("publishable key")
    )
    experiment = models.ForeignKey("traces.Experiment", on_delete=models.CASCADE, related_name="+")
    idempotency_key = models.CharField(_("idempotency key"), max_length=100)
    # One of the two says which trace.
    trace_ref = models.CharField(_("trace id"), max_length=50, blank=True)
    client_request_id = models.CharField(_("client request id"), max_length=250, blank=True)
    content = models.JSONField(_("content"), default=dict, blank=True)  # see traces.feedback.message.Message
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    trace = models.ForeignKey(
        "traces.Trace", on_delete=models.CASCADE, null=True, related_name="end_user_feedback", verbose_name=_("trace")
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))

    objects: ClassVar[models.Manager[EndUserFeedback]] = EndUserFeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("end users’ feedback")
        verbose_name_plural = _("end users’ feedback")
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "idempotency_key"], name="feedback_once"),
        ]
        indexes = [
            models.Index(fields=["trace_ref"], name="feedback_by_trace", condition=~Q(state="joined")),
            models.Index(fields=["client_request_id"], name="feedback_by_request", condition=~Q(state="joined")),
            models.Index(fields=["state", "expires_at"], name="feedback_by_expiry"),
            models.Index(fields=["received_at"], name="feedback_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.trace_ref or self.client_request_id} {self.received_at:%Y-%m-%d %H:%M}"

    @property
    def who(self) -> str:
        return str(self.content.get("user_id") or self.content.get("anonymous_id") or "")

    @property
    def words(self) -> list[str]:
        """What was said, for a list; nothing once it is on its trace."""
        thumbs = {True: _("thumbs up"), False: _("thumbs down")}.get(self.content.get("thumbs"), "")
        score = self.content.get("score")
        shown = [thumbs, "" if score is None else score, ", ".join(self.content.get("categories", []))]
        return [
            str(each)
            for each in [*shown, self.content.get("comment"), self.content.get("correction")]
            if each not in ("", None)
        ]

    @property
    def is_overdue(self) -> bool:
        """Whether it counts as expired although nobody has swept yet."""
        return self.state == self.State.WAITING and self.expires_at <= timezone.now()
