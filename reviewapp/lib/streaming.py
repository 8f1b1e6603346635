"""Long answers, sent while they are being made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

BLOCK = 64 * 1024  # characters sent at once


def streamed(request: HttpRequest, lines: Iterator[str], *, content_type: str) -> StreamingHttpResponse:
    """Return a response that makes each block when the one before is sent, so that memory stays bounded.

    Under ASGI Django would first collect a plain iterator whole.
    """
    blocks = blocks_of(lines)
    body = one_by_one(blocks) if isinstance(request, ASGIRequest) else blocks
    return StreamingHttpResponse(body, content_type=content_type)


def blocks_of(lines: Iterator[str]) -> Iterator[str]:
    block, length = [], 0
    for line in lines:
        block.append(line)
        length += len(line)
        if length >= BLOCK:
            yield "".join(block)
            block, length = [], 0
    yield "".join(block)


async def one_by_one(blocks: Iterator[str]) -> AsyncIterator[str]:
    """Make the blocks one after the other in a thread, so that the loop is never held up."""

    @sync_to_async
    def make() -> str | None:
        return next(blocks, None)

    while (block := await make()) is not None:
        yield block
