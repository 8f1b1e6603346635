"""What a running answer looks like, and how much of the time that may take: chat/pictures.py"""

from __future__ import annotations

import pytest

from chat import pictures
from chat.events import Text
from chat.logs import Log
from chat.pictures import Picture, Seen, Share

WORDS = "Up to **EUR 6,000** are covered. "


@pytest.fixture
def share(monkeypatch) -> Share:
    share = Share(0.1)
    monkeypatch.setattr(pictures, "DRAWING", share)
    return share


async def writing(text: str) -> Picture:
    log = Log()
    log.append(Text(text))
    return Picture(log)


def test_a_tenth_of_the_time_is_drawn_in():
    share = Share(0.1)
    assert share.is_left(100)

    share.use(100, 0.002)
    assert not share.is_left(100.019)
    assert share.is_left(100.021)
    assert share.is_left(5)  # of a clock that is another one


async def test_words_are_shown_undrawn_while_others_are_drawn(share):
    share.use(10, 0.5)
    picture = await writing(WORDS)

    picture.look(11)
    assert picture.frame_for(seen := Seen())["text"] == WORDS

    picture.look(15.1)  # by now there is time for it
    assert "<strong>EUR 6,000</strong>" in picture.frame_for(seen)["tail"]


async def test_drawing_one_leaves_less_time_for_all(share):
    first, second = await writing(WORDS), await writing(WORDS)

    first.look(1)
    second.look(1)

    assert "tail" in first.frame_for(Seen())
    assert second.frame_for(Seen())["text"] == WORDS


async def test_nothing_is_left_undrawn_when_the_words_pause(share):
    share.use(10, 100)
    picture = await writing(WORDS)

    picture.look_closely(11)
    assert "<strong>EUR 6,000</strong>" in picture.frame_for(Seen())["tail"]
