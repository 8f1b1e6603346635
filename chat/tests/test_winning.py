"""Numbers are checked against the Wilson interval by hand: centre ± reach, over 1 + z²/n, z = 1.959964."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chat import comparing
from chat.models import Round
from chat.winning import Share, Wanted, results_of

Choice = Round.Choice


@pytest.fixture
def judged(make_round):
    """Return a function: that many rounds with this choice, on this side."""

    def make(n: int, choice: Choice, *, first_is_left: bool = True, **fields) -> list[Round]:
        made = [make_round(first_is_left=first_is_left, recorded=False) for _ in range(n)]
        given = {"choice": choice, "judged_at": timezone.now()} | fields
        Round.objects.filter(pk__in=[each.pk for each in made]).update(**given)
        return made

    return make


def everything():
    return results_of(Round.objects.exclude(choice=""))


def test_a_share_has_its_interval():
    share = Share(8, 10)  # p = .8, z²/n = .38415: (.8 + .19207 ± 1.95996 · √(.016 + .0096036)) / 1.38415

    assert (share.percent, share.low, share.high) == (80, 49, 94)
    assert (share.width, share.interval_start, share.interval_width) == (800, 490, 453)
    assert share.lean == 0


@pytest.mark.parametrize(
    ("hits", "n", "lean"), [(9, 10, 1), (1, 10, -1), (8, 10, 0), (0, 0, 0), (60, 100, 1), (59, 100, 0)]
)
def test_a_share_leans_where_its_interval_leaves_out_one_half(hits, n, lean):
    assert Share(hits, n).lean == lean


def test_wins_are_counted_per_pair_with_ties_and_both_bad_apart(judged):
    judged(9, Choice.FIRST)
    judged(1, Choice.SECOND)
    judged(2, Choice.TIE)
    judged(3, Choice.BOTH_BAD)

    [pair] = everything().pairs

    assert (str(pair.a), str(pair.b)) == ("Claims assistant v2.3", "Claims assistant v2.4")
    assert (pair.wins_a, pair.wins_b, pair.ties, pair.both_bad, pair.n) == (9, 1, 2, 3, 15)
    assert (pair.share_a.percent, pair.share_a.low, pair.share_a.high) == (90, 60, 98)
    assert pair.leader == pair.a


def test_who_stands_first_in_a_comparison_does_not_matter(judged, alice, endpoint, rival, make_round):
    judged(2, Choice.FIRST)
    turned = comparing.begin(alice, rival, endpoint)
    made = make_round(of=turned, recorded=False)
    Round.objects.filter(pk=made.pk).update(choice=Choice.FIRST, judged_at=timezone.now())

    [pair] = everything().pairs

    assert (pair.wins_a, pair.wins_b) == (2, 1)


def test_a_version_counts_as_a_contender_of_its_own(judged, endpoint, make_round):
    judged(1, Choice.FIRST)
    endpoint.version = "v3"
    endpoint.save()
    later = make_round(recorded=False)
    later.first_turn.endpoint_version = "v3"
    later.first_turn.save()
    Round.objects.filter(pk=later.pk).update(choice=Choice.SECOND)

    names = {(str(pair.a), str(pair.b)) for pair in everything().pairs}

    assert names == {
        ("Claims assistant v2.3", "Claims assistant v2.4"),
        ("Claims assistant v2.4", "Claims assistant v3"),
    }


def test_a_lean_to_the_left_is_found(judged):
    judged(12, Choice.FIRST, first_is_left=True)
    judged(10, Choice.SECOND, first_is_left=False)
    judged(3, Choice.FIRST, first_is_left=False)
    judged(5, Choice.TIE)

    left = everything().left

    assert (left.hits, left.n, left.percent) == (22, 25, 88)
    assert (left.low, left.high) == (
        70,
        96,
    )  # z²/n = .15366: (.88 + .07683 ± 1.95996 · √(.004224 + .0015366)) / 1.15366
    assert left.lean == 1


def test_rounds_that_named_their_maker_are_not_counted_but_said(judged):
    judged(2, Choice.FIRST)
    judged(3, Choice.SECOND, names_showed=True)
    judged(1, Choice.FIRST, changed_at=timezone.now())

    results = everything()

    assert (results.n, results.n_uncounted, results.n_changed) == (3, 3, 1)
    assert results.pairs[0].wins_b == 0


def test_people_and_reasons_are_counted(judged, alice):
    judged(2, Choice.FIRST, reasons=["clearer", "shorter"])
    judged(1, Choice.BOTH_BAD, reasons=["both_wrong"])
    judged(1, Choice.TIE)

    results = everything()

    [person] = results.people
    assert (person.user, person.n, person.ties, person.both_bad) == (alice, 4, 1, 1)
    assert (person.left.hits, person.left.n) == (2, 2)
    assert [(each.label, each.n, each.of) for each in results.reasons] == [
        ("Clearer", 2, 3), ("Shorter", 2, 3), ("Wrong", 1, 3),
    ]  # fmt: skip


def test_every_number_finds_its_rounds(judged, alice):
    judged(3, Choice.FIRST, first_is_left=False, reasons=["clearer"])
    judged(2, Choice.TIE, changed_at=timezone.now())
    judged(1, Choice.SECOND, names_showed=True)
    [pair] = everything().pairs
    rounds = list(Round.objects.all())

    def n(**wanted: str) -> int:
        return sum(Wanted(**wanted).fits(each) for each in rounds)

    assert n() == 5
    assert n(pair=pair.key) == 5
    assert n(pair=pair.key, outcome=pair.a.key) == 3
    assert n(pair=pair.key, outcome=pair.b.key) == 0
    assert n(outcome="tie") == 2
    assert n(side="right") == n(side="any") == 3
    assert n(side="left") == 0
    assert n(person=str(alice.pk)) == 5
    assert n(reason="clearer") == 3
    assert n(shown="changed") == 2
    assert n(shown="uncounted") == 1
    assert n(pair="of nobody") == 0
