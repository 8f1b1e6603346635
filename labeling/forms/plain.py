"""Forms as the set-up pages draw them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

BARE = (forms.CheckboxInput, forms.RadioSelect, forms.HiddenInput)


class PlainForm(forms.Form):
    """A form whose fields look like ours. Only the server refuses: a draft may be saved half-filled."""

    use_required_attribute = False
    ids: ClassVar[str] = "form"  # several forms stand on one page, and ids must not clash

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{self.ids}-%s", **kwargs})
        for field in self.fields.values():
            if not isinstance(field.widget, BARE):
                field.widget.attrs.setdefault("class", "field")
