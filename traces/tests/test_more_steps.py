"""An answer that took hundreds of steps: the page draws some, and fetches more when somebody asks for them."""

from __future__ import annotations

import re
from time import time_ns
from typing import Any

import pytest

from traces import access
from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_spans
from traces.models import Experiment, Trace

N = 450
MS = 1_000_000


@pytest.fixture
def trace(db) -> Trace:
    store_long_answer()
    return Trace.objects.get()


def store_long_answer() -> None:
    """One question, 450 calls of a tool, one answer."""
    now = time_ns()

    def span(n: int, parent: str, name: str, kind: str, inputs: Any, outputs: Any) -> IncomingSpan:
        return IncomingSpan(
            trace_id="a" * 32, span_id=f"{n:016x}", parent_id=parent, name=name,
            start_time_ns=now + n * MS, end_time_ns=now + (n + 1) * MS, status="OK",
            attributes={"mlflow.spanType": kind, "mlflow.spanInputs": inputs, "mlflow.spanOutputs": outputs},
        )  # fmt: skip

    root = span(1, "", "agent", "AGENT", {"question": "How many?"}, "Very many.")
    calls = [span(n + 2, root.span_id, f"look_up_{n + 1}", "TOOL", {"n": n}, f"found {n}") for n in range(N)]
    store_spans(Experiment.objects.get(pk=0), [root, *calls])


def steps_in(page: str) -> list[str]:
    return re.findall(r'class="step__name"[^>]*>look up (\d+)<', page)


def way_on(page: str) -> str | None:
    found = re.search(r'href="(/traces/[^"]+/steps/\?from=\d+)" data-rest', page)
    return found and found[1]


def test_every_step_is_shown_once_page_after_page(client_of, dana, trace):
    client = client_of(dana)
    page = client.get(f"/traces/{trace.pk}/").content.decode()
    shown = [steps_in(page)]
    while address := way_on(page):
        page = client.get(address).content.decode()
        shown.append(steps_in(page))

    assert [len(each) for each in shown] == [212, 200, 38]
    assert sum(shown, []) == [str(n + 1) for n in range(N)]


def test_experts_read_on_where_they_were_handed_the_trace(client_of, dana, alice, bob, trace, monkeypatch):
    monkeypatch.setattr(access, "RULES", [lambda user, trace_id: user == alice])
    address = way_on(client_of(dana).get(f"/traces/{trace.pk}/").content.decode())

    assert "Back to the trace" in client_of(dana).get(address).content.decode()
    assert "Back to the trace" not in client_of(alice).get(address).content.decode()  # that page is not for experts
    assert client_of(bob).get(address).status_code == 404


@pytest.mark.parametrize("query", ["", "?from=", "?from=-1", "?from=x", "?from=451", "?from=" + "9" * 30])
def test_what_is_not_there_is_not_found(client_of, dana, trace, query):
    assert client_of(dana).get(f"/traces/{trace.pk}/spans/{212:016x}/steps/{query}").status_code == 404
