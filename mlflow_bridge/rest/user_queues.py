"""One person's queue asks all that its experiment asks: a new question comes to the end of it."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from labeling.arranging import SessionAsking, append
from labeling.models import LabelingSession, LabelSchema
from mlflow_bridge.rest.models import ReviewQueue


@receiver(post_save, sender=LabelSchema)
def ask_everywhere(instance: LabelSchema, **_: Any) -> None:
    if instance.current_id is None:  # it has no words yet
        return
    sessions = LabelingSession.objects.filter(
        queue__kind=ReviewQueue.Kind.USER, queue__deleted_at=None, experiment=instance.experiment_id
    )
    for session in sessions.exclude(questions__schema=instance):
        append(SessionAsking(session), instance)
