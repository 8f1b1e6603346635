"""What somebody looks for in the list of traces, as it stands in the address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import partial
from typing import Any, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from traces.models import TraceState
from traces.search import Page, PageTokenError, search
from traces.search.grammar import Clause

PAGE_SIZE = 50
MOST_CHOSEN = 10_000  # traces of "all that match"
MOST_COLUMNS = 6
TRACE_ID = re.compile(r"tr-[0-9a-f]{32}")
SORTS = {
    "": (_("Newest first"), ["timestamp DESC"]),
    "oldest": (_("Oldest first"), ["timestamp ASC"]),
    "slowest": (_("Slowest first"), ["execution_time DESC"]),
    "fastest": (_("Fastest first"), ["execution_time ASC"]),
}
SPANS_OF_TIME = {
    "1h": (_("Last hour"), timedelta(hours=1)),
    "24h": (_("Last 24 hours"), timedelta(days=1)),
    "7d": (_("Last 7 days"), timedelta(days=7)),
    "30d": (_("Last 30 days"), timedelta(days=30)),
}
ENDPOINT_TAG = "reviewapp.endpoint"  # of what the chat recorded


@dataclass(frozen=True)
class Query:
    """All of it is optional, and what is not understood narrows nothing; but a wrong filter is an error."""

    filter: str = ""
    text: str = ""
    experiment: str = ""  # id
    state: str = ""
    since: str = ""
    judged: str = ""  # "1": somebody or something said something about it
    chat: str = ""  # "1": recorded by the chat here
    sort: str = ""
    column: tuple[str, ...] = ()  # names of assessments

    @classmethod
    def of(cls, asked: QueryDict) -> Self:
        said = {each.name: asked.get(each.name, "").strip() for each in fields(cls) if each.name != "column"}
        checked = {
            "experiment": said["experiment"] if re.fullmatch(r"[0-9]{1,18}", said["experiment"]) else "",
            "state": said["state"] if said["state"] in TraceState.values else "",
            "since": said["since"] if said["since"] in SPANS_OF_TIME else "",
            "sort": said["sort"] if said["sort"] in SORTS else "",
            "judged": "1" if said["judged"] else "",
            "chat": "1" if said["chat"] else "",
        }
        names = dict.fromkeys(name.strip() for name in asked.getlist("column") if name.strip())
        return cls(**said | checked, column=tuple(names)[:MOST_COLUMNS])

    @classmethod
    def written(cls, address: str) -> Self:
        return cls.of(QueryDict(address))

    def address(self, **changed: Any) -> str:
        """Return it as the query of an address, with some of it changed."""
        return urlencode(replace(self, **changed).pairs())

    def pairs(self, *besides: str) -> list[tuple[str, str]]:
        """Return what is asked for as names and values, but for some names."""
        kept = [(each.name, getattr(self, each.name)) for each in fields(self) if each.name not in besides]
        return [(name, one) for name, value in kept for one in ([value] if isinstance(value, str) else value) if one]

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, each.name) for each in fields(self) if each.name not in {"sort", "column"})

    @property
    def is_newest_first(self) -> bool:
        return not self.sort

    def clauses(self) -> list[Clause]:
        """Return what the chips and the text ask for, as the filter would say it."""
        asked: list[tuple[bool, Clause]] = [
            (bool(self.experiment), clause("", "experiment_id", "=", int(self.experiment or 0))),
            (bool(self.state), clause("", "status", "=", self.state)),
            (bool(self.since), clause("", "timestamp", ">=", self.since_ms())),
            (bool(self.chat), clause("tags", ENDPOINT_TAG, "IS NOT NULL", None)),
            (self.is_trace_id, clause("", "request_id", "=", self.text.lower())),
            (bool(self.judged), clause("feedback", "", "IS NOT NULL", None)),
        ]
        return [one for is_asked, one in asked if is_asked]

    @property
    def is_trace_id(self) -> bool:
        return TRACE_ID.fullmatch(self.text.lower()) is not None

    def since_ms(self) -> int:
        if not self.since:
            return 0
        return int((timezone.now() - SPANS_OF_TIME[self.since][1]).timestamp() * 1000)

    def page(self, token: str = "", *, size: int = PAGE_SIZE, fields: Sequence[str] = ()) -> Page:
        """Return a page; of an unreadable token the first one. Raises FilterError."""
        asked = partial(
            search,
            self.filter,
            SORTS[self.sort][1],
            size,
            clauses=self.clauses(),
            text="" if self.is_trace_id else self.text,
            fields=fields,
        )
        try:
            return asked(page_token=token)
        except PageTokenError:
            return asked()

    def ids(self, most: int = MOST_CHOSEN) -> list[str]:
        """Return the traces on all pages, up to `most`. Raises FilterError."""
        found: list[str] = []
        token = ""
        while len(found) < most:
            page = self.page(token, size=1_000, fields=["trace_id"])
            found += [trace.pk for trace in page.traces]
            token = page.next_page_token
            if not token:
                break
        return found[:most]


def clause(entity: str, key: str, operator: str, value: str | int | None) -> Clause:
    return Clause(entity, key, operator, value, 0, 0)
