"""Which endpoint wins side by side, for managers; every number opens the rounds behind it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chat.access import judged_rounds_for
from chat.beside import ShownRound
from chat.comparing import FAULTS, REASONS, answers_of
from chat.models import Round
from chat.winning import Contender, Wanted, contender_of, pair_key, results_of
from reviewapp.lib.requests import UserRequest

PAGE = 20  # rounds
HEAVY = ("text", "reasoning", "refusal", "message", "images", "steps", "sources", "usage", "failure")
FILTERS = ("pair", "outcome", "side", "person", "reason", "shown")


def light(rounds: QuerySet[Round]) -> QuerySet[Round]:
    """Leave out what was said, which counting needs not."""
    return rounds.defer(*(f"{turn}__{name}" for turn in ("first_turn", "second_turn") for name in HEAVY))


@require_safe
@login_required
def winning(request: UserRequest) -> HttpResponse:
    results = results_of(light(judged_rounds_for(request.user)))
    return render(request, "chat/winning.html", {"results": results, "section": "chat"})


@require_safe
@login_required
def winning_rounds(request: UserRequest) -> HttpResponse:
    """The rounds behind a number."""
    rounds = judged_rounds_for(request.user)
    wanted = Wanted(**{name: request.GET.get(name, "") for name in FILTERS})
    fitting = [each for each in light(rounds) if wanted.fits(each)]
    page = Paginator(fitting, PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    ctx: dict[str, Any] = {"page": page, "query": query.urlencode(), "section": "chat"}
    shown = {each.pk: each for each in rounds.filter(pk__in=[each.pk for each in page.object_list])}
    ctx["rounds"] = [(shown[each.pk], answers_of(shown[each.pk])) for each in page.object_list if each.pk in shown]
    ctx["conditions"] = in_words(wanted, fitting)
    return render(request, "chat/winning_rounds.html", ctx)


@require_safe
@login_required
def winning_round(request: UserRequest, round_id: int) -> HttpResponse:
    round_ = judged_rounds_for(request.user).filter(pk=round_id).first()
    if round_ is None:
        raise Http404("no such round")
    ctx = {"shown": ShownRound(round_), "section": "chat"}
    ctx["reasons"] = [str((REASONS | FAULTS).get(reason, reason)) for reason in round_.reasons]
    return render(request, "chat/winning_round.html", ctx)


def in_words(wanted: Wanted, fitting: list[Round]) -> list[str]:
    """Return what the rounds have in common; names are taken from the rounds, as an address can hold anything."""
    some = fitting[0] if fitting else None
    names: dict[str, Contender] = {}
    if some:
        names = {each.key: each for each in map(contender_of, (some.first_turn, some.second_turn))}
    outcomes = {Round.Choice.TIE: _("equally good"), Round.Choice.BOTH_BAD: _("both bad")}
    sides = {"left": _("the left answer was better"), "right": _("the right answer was better"),
             "any": _("one answer was better")}  # fmt: skip
    said = {
        "pair": some and _("%(a)s against %(b)s") % dict(zip("ab", pair_key(some), strict=True)),
        "outcome": outcomes.get(wanted.outcome)  # type: ignore[call-overload]  # a str is looked up among the choices
        or (wanted.outcome in names and _("%(name)s was better") % {"name": names[wanted.outcome]}),
        "side": sides.get(wanted.side),
        "person": some and _("judged by %(person)s") % {"person": some.comparison.user},
        "reason": (REASONS | FAULTS).get(wanted.reason),
        "shown": {"uncounted": _("not counted: an answer named its maker"),
                  "changed": _("changed after the names were shown")}.get(wanted.shown),
    }  # fmt: skip
    return [str(words) for name, words in said.items() if getattr(wanted, name) and words]
