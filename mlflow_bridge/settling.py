"""What somebody said was changed there and here: a person decides which of the two it is to be.

send_ours     what is here goes there, whatever is there
keep_theirs   what is there stays; what came from there is brought up to date here, and what was said here stays too
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from mlflow_bridge.models import Delivery
from traces import assessing


def send_ours(delivery: Delivery) -> None:
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.WAITING, is_forced=True, theirs=None, error="", attempts=0, next_at=now, created_at=now
    )


@transaction.atomic
def keep_theirs(delivery: Delivery, *, by: User) -> None:
    theirs, said = delivery.theirs, delivery.assessment
    if delivery.came and said.deleted_at is None:
        if theirs is None:
            assessing.delete(said, by=by)
        else:
            changes = {key: theirs[key] for key in ("name", "value", "error", "rationale") if key in theirs}
            assessing.update(said, **changes, metadata=theirs.get("metadata"))
    # After the verbs, which put it into the outbox again: there is nothing to be sent.
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.SENT, digest=(theirs or {}).get("digest", ""), theirs=None, error="",
        sent_at=timezone.now(),
    )  # fmt: skip
