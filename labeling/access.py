"""The look-up is the permission: strangers get 404, who may only read gets 403."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.http import Http404

from accounts.models import User
from labeling.models import LabelingSession, Review, Reviewer, SessionQuestion, StandingRule
from labeling.statements.looking_up import find_review_and_questions, find_review_of
from traces.access import lets_read


def get_session_for(user: User, session_id: UUID) -> LabelingSession:
    """Return a session that the person reviews in (not while it is a draft) or, as a manager, runs.

    Raises: Http404.
    """
    sessions = LabelingSession.objects.select_related("experiment").filter(pk=session_id)
    if not user.runs_sessions:
        is_in_it = Exists(Reviewer.objects.filter(session=OuterRef("pk"), user=user))
        sessions = sessions.filter(is_in_it, ~Q(state=LabelingSession.State.DRAFT))
    session = sessions.first()
    if session is None:
        raise Http404("no such session")
    return session


def managed_sessions_for(user: User) -> QuerySet[LabelingSession]:
    """Return the sessions that the person may set up and run: open ones, then drafts, then closed ones.

    Raises: Http404 for who runs none, to whom these pages do not exist.
    """
    if not user.runs_sessions:
        raise Http404("runs no sessions")
    order = Case(When(state="open", then=0), When(state="draft", then=1), default=2)
    return LabelingSession.objects.select_related("experiment").order_by(order, "-created_at")


def get_managed_session_for(user: User, session_id: UUID) -> LabelingSession:
    """Return a session that the person may set up and run.

    Raises: Http404; PermissionDenied for an expert who is in it.
    """
    session = get_session_for(user, session_id)
    if not user.runs_sessions:
        raise PermissionDenied("only managers run sessions")
    return session


def get_exported_session_for(user: User, session_id: UUID) -> LabelingSession:
    """Return a session whose answers the person may take away: developers may, as they read every trace.

    Raises: Http404; PermissionDenied for an expert who is in it.
    """
    if not user.reads_traces:
        return get_managed_session_for(user, session_id)
    session = LabelingSession.objects.select_related("experiment").filter(pk=session_id).first()
    if session is None:
        raise Http404("no such session")
    return session


def get_review_for(user: User, review_id: UUID) -> Review:
    """Return the person's own review, with item and session, while they are in that session.

    Queries: 1. Raises: Http404.
    """
    return checked(find_review_of(user.pk, review_id), user)


def get_review_and_questions_for(user: User, review_id: UUID) -> tuple[Review, list[SessionQuestion]]:
    """As `get_review_for`, with what the session asks, in order; questions are to be read only.

    Queries: 2, in one go on PostgreSQL. Raises: Http404.
    """
    review, questions = find_review_and_questions(user.pk, review_id)
    return checked(review, user), questions


def checked(review: Review | None, user: User) -> Review:
    if review is None:
        raise Http404("no such review")
    review.user = user
    return review


def standing_rules_for(user: User) -> QuerySet[StandingRule]:
    """Raises: Http404 for who runs no sessions."""
    if not user.runs_sessions:
        raise Http404("runs no sessions")
    return StandingRule.objects.select_related("session__experiment")


def get_standing_rule_for(user: User, rule_id: UUID) -> StandingRule:
    """Raises: Http404."""
    rule = standing_rules_for(user).filter(pk=rule_id).first()
    if rule is None:
        raise Http404("no such rule")
    return rule


@lets_read
def reviews_trace(user: User, trace_id: str) -> bool:
    """Experts read the conversations that they were handed, while they are in that session."""
    reviews = Review.objects.filter(user=user, item__trace=trace_id).exclude(session__state=LabelingSession.State.DRAFT)
    return reviews.filter(Exists(Reviewer.objects.filter(session=OuterRef("session"), user=user))).exists()
