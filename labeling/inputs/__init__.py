"""The kinds of answer a question can ask for; one module a kind.

A question keeps its input as MLflow's label schemas do: `{"pass_fail": {"positive_label": …}}`.
A new kind is a module here, a line in `KINDS`, a template `labeling/inputs/_<kind>.html`,
its fields in the set-up form, and a test beside those of the other kinds.
"""

from __future__ import annotations

from typing import Any

from labeling.inputs.categorical import Categorical
from labeling.inputs.kind import Input, InvalidInput, Option
from labeling.inputs.numeric import Numeric
from labeling.inputs.pass_fail import PassFail
from labeling.inputs.rating import Rating
from labeling.inputs.text import Text
from labeling.inputs.text_list import TextList

__all__ = ["KINDS", "Input", "InvalidInput", "Option", "input_of"]

KINDS: dict[str, type[Input]] = {kind.kind: kind for kind in (PassFail, Categorical, Rating, Numeric, Text, TextList)}


def input_of(config: Any) -> Input:
    """Return the input that `config` describes: a dict with one key, the kind, and its fields.

    Raises: InvalidInput, in words, for a kind or fields that can't be used.
    """
    if not isinstance(config, dict) or len(config) != 1:
        raise InvalidInput(f"An input names exactly one kind, one of: {', '.join(KINDS)}.")
    ((kind, fields),) = config.items()
    if kind not in KINDS:
        raise InvalidInput(f"“{kind}” is no kind of input. The kinds are: {', '.join(KINDS)}.")
    if fields is None:
        fields = {}
    if not isinstance(fields, dict):
        raise InvalidInput(f"The fields of “{kind}” have to be names with values.")
    return KINDS[kind].from_fields(fields)
