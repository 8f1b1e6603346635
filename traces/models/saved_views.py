"""What people look for again and again."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def seen_by(self, user: User) -> Self:
        """Return a person's own views, and those that others share; one's own come first."""
        is_own = models.Case(models.When(owner=user, then=0), default=1)
        return self.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner").order_by(is_own, "name")


class SavedView(models.Model):
    """What somebody looks for again and again in the list of traces: its address without the page."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views", verbose_name=_("owner"))
    name = models.CharField(_("name"), max_length=100)
    query = models.TextField(_("query"), blank=True)  # of the address, such as filter=…&state=ERROR
    is_shared = models.BooleanField(_("shown to everybody"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="view_once")]

    def __str__(self) -> str:
        return self.name
