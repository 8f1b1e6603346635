"""An experiment's rules, as they are kept with it: `[{"kind": "email"}, {"kind": "regex", "name": …, "pattern": …}]`"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from traces.redaction.builtin import KINDS

CUSTOM = "regex"


@dataclass(frozen=True, slots=True)
class Rule:
    kind: str  # of `builtin.KINDS`, or regex
    name: str = ""  # of a regex
    pattern: str = ""

    @property
    def placeholder(self) -> str:
        return f"[{self.name}]" if self.kind == CUSTOM else KINDS[self.kind].placeholder


def rules_from(kept: Sequence[dict[str, Any]]) -> list[Rule]:
    return [Rule(**entry) for entry in kept]


def kept_as(rules: Sequence[Rule]) -> list[dict[str, str]]:
    return [{key: value for key, value in asdict(rule).items() if value} for rule in rules]
