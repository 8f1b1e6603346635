"""When a reader looks at a running answer again: no more often than a page draws, and only when there is something."""

from __future__ import annotations

import asyncio

from chat.pictures import Picture

FRAME_S = 0.016
QUIET_S = 0.1  # then what came last is drawn, however little it is


class Pace:
    """Of one reader. A stream that is faster than the page gets its pieces together."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.now = asyncio.get_running_loop().time
        self.looked_at = self.now()
        self.is_fast = False

    async def wait_after(self, cursor: int) -> None:
        """Wait for news after `cursor`, and let the picture take them in; draw what is owed if there are none."""
        log = self.picture.log
        if self.is_fast:
            await asyncio.sleep(FRAME_S)
            self.is_fast = len(log) > cursor
        if len(log) <= cursor and not await self.heard_of(cursor):
            self.picture.look_closely(self.now())
            return
        early = self.looked_at + FRAME_S - self.now()
        if early > 0:
            self.is_fast = True
            await asyncio.sleep(early)
        self.looked_at = self.now()
        self.picture.look(self.looked_at)

    async def heard_of(self, cursor: int) -> bool:
        """Wait for news; return False if there are none for a while, and a drawing is owed."""
        if not self.picture.owes_drawing:
            await self.picture.log.news(cursor)
            return True
        try:
            async with asyncio.timeout(QUIET_S):
                await self.picture.log.news(cursor)
        except TimeoutError:
            return False
        return True
