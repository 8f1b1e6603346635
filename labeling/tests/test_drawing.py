"""What an item's templates use: labeling/drawing.py, traces/reading/drawing.py"""

from __future__ import annotations

from uuid import uuid4

from django.urls import clear_script_prefix, reverse, set_script_prefix

from traces.reading.drawing import url


def test_an_address_with_an_id_is_the_one_django_makes():
    first, second = uuid4(), uuid4()

    assert url("labeling:review-complete", first) == reverse("labeling:review-complete", args=[first])
    assert url("labeling:review-complete", second) == reverse("labeling:review-complete", args=[second])
    set_script_prefix("/below/")
    try:
        assert url("labeling:review-complete", first).startswith("/below/labeling/")
    finally:
        clear_script_prefix()
