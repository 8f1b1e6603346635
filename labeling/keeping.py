"""A trace in a session stays as long as it is in it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from labeling.models import Item
from traces.keeping import Need, Reasons, keeps


def in_a_session() -> Exists:
    return Exists(Item.objects.filter(trace=OuterRef("pk")))


def in_sessions(ids: Sequence[str]) -> Reasons:
    """Queries: 1."""
    items = Item.objects.filter(trace__in=ids).values_list("trace_id", "session__name")
    return {trace_id: _("in the session “%(name)s”") % {"name": name} for trace_id, name in items}


def take_out(ids: Sequence[str]) -> None:
    """Take traces out of their sessions, with the reviews of them."""
    Item.objects.filter(trace__in=ids).delete()


keeps(Need(in_a_session, reasons=in_sessions, let_go=take_out))
