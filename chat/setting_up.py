"""What managers do with endpoints: save, copy, archive, and say who may chat."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.asking import askings_of
from chat.forms.endpoint import KEPT, EndpointForm
from chat.models import Endpoint, EndpointQuestion
from traces.models import Experiment, Trace

MAX_VERSION = 100  # characters, as the model
SAVED = (*KEPT, "options", "sealed_secret", "last_test", "tested_at", "updated_at")


def draft_endpoint(*, by: User) -> Endpoint:
    """Return a new endpoint, not yet saved; it records where the last trace came."""
    newest = Trace.objects.select_related("experiment").order_by("-request_time", "-trace_id").first()
    return Endpoint(experiment=newest.experiment if newest else Experiment.objects.earliest("pk"), created_by=by)


def save(form: EndpointForm) -> bool:
    """Save what the form says; False when it is wrong, and then it says what is."""
    if not form.is_valid():
        return False
    endpoint = form.endpoint
    old_experiment_id = None if endpoint._state.adding else endpoint.experiment_id
    try:
        with transaction.atomic():
            if form.apply():
                endpoint.last_test, endpoint.tested_at = {}, None
            # The secret always goes along with its address, and nothing that other forms save meanwhile.
            endpoint.save(update_fields=None if old_experiment_id is None else SAVED)
            if old_experiment_id not in (None, endpoint.experiment_id):
                for asking in askings_of(endpoint):
                    asking.bring_to_experiment()
    except IntegrityError:  # somebody was faster
        if old_experiment_id is not None:
            endpoint.refresh_from_db()
        form.add_error("version", _("There is an endpoint of this name and version already."))
        return False
    return True


@transaction.atomic
def copy_as_version(endpoint: Endpoint, *, by: User) -> Endpoint:
    """Return a new version of an endpoint: everything but its conversations and its last test."""
    people, questions = list(endpoint.people.all()), list(endpoint.questions.all())
    copy = Endpoint.objects.get(pk=endpoint.pk)
    copy.pk = None
    copy._state.adding = True
    copy.version = free_version(endpoint)
    copy.created_by, copy.created_at, copy.archived_at = by, timezone.now(), None
    copy.last_test, copy.tested_at = {}, None
    copy.pk = Endpoint._meta.pk.get_default()
    copy.save(force_insert=True)
    copy.people.set(people)
    for question in questions:
        EndpointQuestion.objects.create(
            endpoint=copy, schema_id=question.schema_id, about=question.about, position=question.position,
            is_required=question.is_required, show_if=question.show_if,
        )  # fmt: skip
    return copy


def free_version(endpoint: Endpoint) -> str:
    """Return “v2 copy”, or “v2 copy 2” …, so that it can be seen that it wants a name."""
    taken = set(Endpoint.objects.filter(name=endpoint.name).values_list("version", flat=True))
    stem = _("%(version)s copy") % {"version": endpoint.version[: MAX_VERSION - 20]}
    names = (stem.strip(), *(f"{stem.strip()} {n}" for n in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def archive(endpoint: Endpoint) -> None:
    """Take no new messages. Conversations stay, to be read."""
    Endpoint.objects.filter(pk=endpoint.pk, archived_at=None).update(archived_at=timezone.now())


def restore(endpoint: Endpoint) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(archived_at=None)
