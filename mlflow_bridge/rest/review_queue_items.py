"""The items of review queues: a session's traces, with a status that says what became of their reviews.

COMPLETE  it has all the reviews that it needs
DECLINED  somebody declined it, and nobody else has taken it up
PENDING   any other

To an expert it is what became of their own review, and only those items are there that they were handed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

from django.db import transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, Prefetch, QuerySet, Value, When

from accounts.models import User
from labeling.models import Item, LabelingSession, Review
from labeling.recording import SessionNotOpen
from labeling.reporting import AtWork, HasItsReviews, reopen, report_complete, report_declined
from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.errors import conflict, invalid, missing
from mlflow_bridge.rest.paging import page_of
from mlflow_bridge.rest.review_queue_access import changeable_queue_for, queue_for, queue_id_of
from mlflow_bridge.rest.sources import SPEAK_FOR_OTHERS
from traces.access import traces_for

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

Said = dict[str, Any]
COMPLETE, DECLINED, PENDING = "COMPLETE", "DECLINED", "PENDING"
MOST = 50_000  # of one page, as MLflow's
STATUSES = [PENDING, COMPLETE, DECLINED]


class Outcome(TypedDict):
    """`finished` are the reviews that were finished or declined, the latest first."""

    status: str
    finished: list[Review]


if TYPE_CHECKING:
    QueueItem = WithAnnotations[Item, Outcome]


def add(call: Call) -> Said:
    """Put traces of the queue's experiment into it; those that are in it stay as they are."""
    user = developer(call)
    ids, session = item_ids(call), queue_for(call)
    call.choice("item_type", ["TRACE"], "TRACE")
    if session.state == LabelingSession.State.CLOSED:
        raise closed(session)
    traces = traces_for(user).filter(experiment=session.experiment).in_bulk(ids)
    if absent := [each for each in ids if each not in traces]:
        raise missing(
            f"Cannot attach trace(s) {absent} to review queue '{queue_id_of(session)}': "
            f"they do not exist in experiment '{session.experiment_id}'."
        )
    session.add_traces([traces[each] for each in ids])
    added = {each.trace_id: each for each in items_for(user, session).filter(trace__in=ids)}
    return {"items": [item_json(added[each]) for each in ids]}


@transaction.atomic
def remove(call: Call) -> Said:
    """Take traces out. Raises: ApiError when somebody has begun with one of them; then none is taken out."""
    ids, session = item_ids(call), changeable_queue_for(call)
    traces = traces_for(call.user).filter(pk__in=ids)
    session.remove_traces(traces)
    if begun := list(session.items.filter(trace__in=ids).values_list("trace_id", flat=True)):
        raise conflict(f"Nothing is removed: people have begun to review {begun}, and what they say is kept.")
    return {}


def listing(call: Call) -> Said:
    rows = items_for(call.user, queue_for(call))
    status = call.choice("status", [*STATUSES, ""], "")
    if status:
        rows = rows.filter(status=status)
    found, token = page_of(rows, call.whole("max_results", 1000, most=MOST), call.text("page_token", ""))
    return {"items": [item_json(each) for each in found], "next_page_token": token}


def set_status(call: Call) -> Said:
    """Report what became of an item. Who finished or declined it is the token's person; developers may name others."""
    session, trace_id, status = queue_for(call), call.text("item_id").strip(), call.choice("status", STATUSES)
    items = items_for(call.user, session).filter(trace=trace_id)
    item = items.first()
    if item is None:
        raise missing(f"Item '{trace_id:.60}' is not attached to review queue '{queue_id_of(session)}'.")
    person = person_in(call, session, status)
    if item.status != status or any(each.user == person and each.status == "complete" for each in item.finished):
        try:
            report(item, status, person, by=call.user)
        except SessionNotOpen as error:
            raise closed(session) from error
        except AtWork as error:
            raise conflict(f"{person} is reviewing it at this moment on the review page.") from error
        except HasItsReviews as error:
            raise conflict("Others have all its reviews, or are at it. Set it to PENDING first.") from error
    return {"item": item_json(items.get())}


def report(item: Item, status: str, person: User | None, *, by: User) -> None:
    if person is None:
        reopen(item, only=None if by.reads_traces else by)
    elif status == COMPLETE:
        report_complete(item, person, by=by)
    else:
        report_declined(item, person, by=by)


def person_in(call: Call, session: LabelingSession, status: str) -> User | None:
    """Return who finished or declined it, who has to be in the queue; None for PENDING. Raises: ApiError."""
    named = call.text("completed_by", "").strip().lower()
    if status == PENDING:
        if named:
            raise invalid("`completed_by` must not be set when reopening an item to `pending`.")
        return None
    if call.user.role not in SPEAK_FOR_OTHERS:
        named = call.user.email
    elif not named:
        raise invalid(f"`completed_by` is required when setting status to `{status.lower()}`.")
    person = session.people.filter(email=named).first()
    if person is None:
        awaited = session.awaited.filter(email=named).exists()
        why = "has no account here yet" if awaited else "is not one of the queue's users"
        raise invalid(f"'{named:.60}' {why}, so this review can't be theirs.")
    return person


def items_for(user: User, session: LabelingSession) -> QuerySet[QueueItem]:
    """Return the items that the person may see, with their outcome."""
    finished = Review.objects.exclude(finished_at=None).select_related("user").order_by("-finished_at")
    items = session.items.select_related("session").order_by("position")
    if user.reads_traces:
        declined = Exists(Review.objects.filter(item=OuterRef("pk"), status="declined"))
        is_complete, is_declined = (
            When(n_complete__gte=F("needs"), then=Value(COMPLETE)),
            When(declined, n_held=0, then=Value(DECLINED)),
        )
    else:
        finished = finished.filter(user=user)
        items = items.filter(reviews__user=user)
        is_complete = When(reviews__status="complete", then=Value(COMPLETE))
        is_declined = When(reviews__status="declined", then=Value(DECLINED))
    told = items.annotate(
        status=Case(is_complete, is_declined, default=Value(PENDING), output_field=CharField())
    ).prefetch_related(Prefetch("reviews", finished, to_attr="finished"))
    return cast("QuerySet[QueueItem]", told)


def item_ids(call: Call) -> list[str]:
    """Raises: ApiError."""
    ids = list(dict.fromkeys(each.strip() for each in call.texts("item_ids")))
    if not ids or not all(ids):
        raise invalid(f"`item_ids` must be a non-empty list; got {ids}.")
    return ids


def closed(session: LabelingSession) -> Exception:
    return conflict(f"The session '{session.name}' is not open. A manager opens it on its page.")


def item_json(item: QueueItem) -> Said:
    """Return an item of `items_for`. When it was put in is not kept: the session's beginning stands for it."""
    created = int(item.session.created_at.timestamp() * 1000)
    said = {
        "queue_id": queue_id_of(item.session),
        "item_type": "TRACE",
        "item_id": item.trace_id,
        "status": item.status,
        "creation_time_ms": created,
        "last_update_time_ms": created,
    }
    review = next((each for each in item.finished if each.status.upper() == item.status), None)
    if review is not None and review.finished_at is not None:
        at = int(review.finished_at.timestamp() * 1000)
        said |= {"completed_by": review.user.email, "completed_time_ms": at, "last_update_time_ms": at}
    return said
