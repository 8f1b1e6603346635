"""`{{ moment|ago }}`, and dates that are written out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone
from django.utils.formats import date_format

from traces.templatetags.times import ago


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=40), "just now"),
        (timedelta(minutes=5, seconds=20), "5 minutes ago"),
        (timedelta(days=1, hours=11, minutes=2), "1 day ago"),
        (timedelta(days=23), "3 weeks ago"),
        (timedelta(seconds=-40), "just now"),
        (timedelta(days=-2, hours=-5), "in 2 days"),
    ],
)
def test_one_unit_says_when(before, said):
    assert ago(timezone.now() - before).replace("\xa0", " ") == said


def test_never_is_nothing():
    assert ago(None) == ""


def test_a_template_says_when():
    template = Template("{% load times %}{{ moment|ago }}")
    assert template.render(Context({"moment": timezone.now()})) == "just now"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("DATE_FORMAT", "3 November 2026"),
        ("DATETIME_FORMAT", "3 November 2026, 15:04"),
        ("SHORT_DATETIME_FORMAT", "3 Nov 2026, 15:04"),
    ],
)
def test_a_date_has_its_month_in_letters_and_24_hours(name, said):
    assert date_format(datetime(2026, 11, 3, 15, 4, tzinfo=UTC), name) == said
