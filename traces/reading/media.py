"""Images, recordings and files of a message: shown if the trace brings them along, never fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from traces.attachments import read_reference
from traces.dialects.spans import Part
from traces.reading.rendering.sanitising import DATA_IMAGE

DATA_AUDIO = re.compile(r"data:audio/[\w.+-]+;base64,[A-Za-z0-9+/=\s]+\Z")


@dataclass(frozen=True, slots=True)
class Media:
    """src is set when the page may show it; href and host when it would have to be fetched from elsewhere.

    file   where this server gives a file that a page does not show
    kind   image, audio or file: what it is drawn as
    """

    kind: str = "file"
    src: str = ""
    file: str = ""
    href: str = ""
    host: str = ""
    name: str = ""


def media_of(part: Part) -> Media:
    url = part.url.strip()
    if named := read_reference(url):
        if named.kind == "file":
            return Media(file=named.address, name=part.text or named.mime_type)
        return Media(named.kind, src=named.address, name=part.text)
    shown = {"image": DATA_IMAGE, "audio": DATA_AUDIO}.get(part.kind)
    if shown is not None and shown.match(url):
        return Media(part.kind, src=url, name=part.text)
    name = part.text if part.kind != "audio" else ""
    try:
        address = urlsplit(url)
        host = address.hostname or ""
    except ValueError:
        return Media(name=name or part.mime_type)
    if address.scheme in {"http", "https"} and host:
        return Media(href=url, host=host, name=name or address.path.rsplit("/", 1)[-1] or host)
    return Media(name=name or part.mime_type)
