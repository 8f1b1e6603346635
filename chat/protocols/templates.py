"""Fill the template of a request: {{names}} in the texts of any JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from chat.events import Json

NAME = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def filled(template: Json, values: Mapping[str, Json]) -> Json:
    """Return the template with values. A text that is one name alone becomes the value, whatever its type.

    Inside longer texts, values that are no text are written as JSON. Unknown names stay as they are.
    """
    if isinstance(template, str):
        alone = NAME.fullmatch(template.strip())
        if alone and alone[1] in values:
            return values[alone[1]]
        return NAME.sub(lambda match: written(values[match[1]]) if match[1] in values else match[0], template)
    if isinstance(template, list):
        return [filled(each, values) for each in template]
    if isinstance(template, dict):
        return {filled_key(key, values): filled(each, values) for key, each in template.items()}
    return template


def filled_key(key: str, values: Mapping[str, Any]) -> str:
    return NAME.sub(lambda match: written(values[match[1]]) if match[1] in values else match[0], key)


def written(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def names_in(template: Json) -> set[str]:
    return set(NAME.findall(json.dumps(template)))
