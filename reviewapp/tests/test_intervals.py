from __future__ import annotations

import pytest

from reviewapp.lib.intervals import wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_is_the_published_one(hits, n, low, high):
    """Newcombe 1998, Table I, method 3."""
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_all_hits_mirror_no_hits():
    low, high = wilson(20, 20)

    assert (1 - high, 1 - low) == pytest.approx(wilson(0, 20))


def test_nothing_asked_means_anything_is_possible():
    assert wilson(0, 0) == (0.0, 1.0)
