"""Files that belong to a trace and are named by its spans: `mlflow-attachment://<id>?content_type=…&trace_id=…`.

Where they are kept is another room's matter, which registers how they are opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from django.urls import reverse

ID = re.compile(r"[0-9A-Za-z-]{8,64}")
TRACE_ID = re.compile(r"tr-[0-9a-f]{32}")
FOLDER = "attachments"
# Types that a browser draws or plays without running anything in them; what is of any other is downloaded.
SHOWN = frozenset({
    "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp",
    "audio/wav", "audio/x-wav", "audio/wave", "audio/mpeg", "audio/mp3", "audio/mp4", "audio/aac", "audio/ogg",
    "audio/opus", "audio/webm", "audio/flac", "audio/x-flac",
})  # fmt: skip

Opener = Callable[[str, str], bytes | None]
OPENERS: list[Opener] = []


def opens(opener: Opener) -> Opener:
    """Register how a file is opened: by the trace's id and the attachment's; None where there is none."""
    OPENERS.append(opener)
    return opener


def open_attachment(trace_id: str, attachment_id: str) -> bytes | None:
    contents = (opener(trace_id, attachment_id) for opener in OPENERS)
    return next((content for content in contents if content is not None), None)


def path_of(attachment_id: str) -> str:
    """Return where a trace's folder of files has it, as MLflow does."""
    return f"{FOLDER}/{attachment_id}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a reference says. `mime_type` is what its writer claims."""

    attachment_id: str
    trace_id: str
    mime_type: str

    @property
    def kind(self) -> Literal["image", "audio", "file"]:
        """Say how a page may show it."""
        if self.mime_type not in SHOWN:
            return "file"
        return "image" if self.mime_type.startswith("image/") else "audio"

    @property
    def address(self) -> str:
        """Return where this server gives it to whoever may read its trace."""
        path = reverse("traces:attachment", args=[self.trace_id, self.attachment_id])
        return f"{path}?{urlencode({'type': self.mime_type})}"


def read_reference(url: str) -> Attachment | None:
    """Return what a reference names; None for anything else, such as one that was cut."""
    try:
        parts = urlsplit(url.strip())
        told = parse_qs(parts.query)
        named = (parts.netloc, told["trace_id"][0], told["content_type"][0].lower())
    except (ValueError, KeyError):
        return None
    if parts.scheme != "mlflow-attachment" or not ID.fullmatch(named[0]) or not TRACE_ID.fullmatch(named[1]):
        return None
    return Attachment(*named)
