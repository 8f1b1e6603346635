"""What somebody sends: a message, perhaps with images."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.turns import MAX_IMAGES, MAX_MESSAGE_LENGTH

MAX_IMAGE_BYTES = 5 * 1024 * 1024
BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class ImagesField(forms.FileField):
    """Any number of images; cleans to their data: addresses."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = [super(ImagesField, self).clean(each, initial) for each in data or []]
        if len(files) > MAX_IMAGES:
            raise forms.ValidationError(_("At most %(n)d images go with one message.") % {"n": MAX_IMAGES})
        return [data_address_of(file) for file in files if file]


class MessageForm(forms.Form):
    """`turn` is made by the page, so that sending twice asks once."""

    turn = forms.UUIDField(required=False)
    parent = forms.UUIDField(required=False)
    message = forms.CharField(
        max_length=MAX_MESSAGE_LENGTH,
        strip=False,
        required=False,
        error_messages={
            "max_length": gettext_lazy("This is %(show_value)d characters long; at most %(limit_value)d go.")
        },
    )
    images = ImagesField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned["message"].strip() and not cleaned["images"]:
            raise forms.ValidationError(_("Write something first."))
        return cleaned | {"turn": cleaned.get("turn") or uuid.uuid4()}


class RenameForm(forms.Form):
    title = forms.CharField(max_length=250, strip=True)


def data_address_of(file: UploadedFile) -> str:
    """Return an image as a data: address, its type told by its first bytes.

    Raises: forms.ValidationError when it is none that is shown here, or too large.
    """
    if (file.size or 0) > MAX_IMAGE_BYTES:
        raise forms.ValidationError(_("%(name)s is too large: an image may have 5 MB.") % {"name": file.name})
    content = file.read()
    mime_type = next((kind for start, kind in BEGINNINGS.items() if content.startswith(start)), "")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        mime_type = "image/webp"
    if not mime_type:
        raise forms.ValidationError(_("%(name)s is no PNG, JPEG, GIF or WebP image.") % {"name": file.name})
    return f"data:{mime_type};base64,{base64.b64encode(content).decode()}"
