"""Which processes of this installation are alive."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ALIVE_FOR = timedelta(seconds=60)


class Heartbeat(models.Model):
    """The last sign of life of a process, by what it does."""

    name = models.CharField(_("process"), max_length=50, primary_key=True)
    at = models.DateTimeField(_("last sign of life"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.name} {self.at}"

    @classmethod
    def beat(cls, name: str) -> None:
        cls.objects.update_or_create(name=name, defaults={"at": timezone.now()})

    @classmethod
    def misses(cls, name: str) -> bool:
        """Whether a process was there once and is silent now."""
        return cls.objects.filter(name=name, at__lt=timezone.now() - ALIVE_FOR).exists()
