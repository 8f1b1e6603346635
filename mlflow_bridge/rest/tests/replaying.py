"""What the official client sent to a real MLflow 3.17.2, sent to us; and how the two answers differ."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

CAPTURED = Path(__file__).parent / "captured" / "mlflow-3.17.2.jsonl.gz"
LOST = "tr-2d7814f479f937d3d0631a85d6e7f8e5"  # of which the real server lost what the client said: a defect of its own
LEFT_OUT = {
    221: "issues are not served",
    41: "what the real server lost",
}
GIVEN_BY_SERVERS = {
    "dataset_id",
    "dataset_record_id",
    "assessment_id",
    "run_id",
    "run_uuid",
    "model_id",
    "queue_id",
    "schema_id",
    "scorer_id",
    "experiment_id",
    "next_page_token",
}


def captured() -> list[dict[str, Any]]:
    with gzip.open(CAPTURED, "rt") as lines:
        return [json.loads(line) for line in lines]


@dataclass
class Difference:
    line: int
    call: str
    place: str
    theirs: Any
    ours: Any


@dataclass
class Replay:
    """`ids` maps what the real server named to what we name it."""

    client: Client
    token: str
    n_calls: int = 0
    n_equal: int = 0  # fields
    ids: dict[str, str] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def run(self) -> None:
        for record in captured():
            if record["line"] in LEFT_OUT:
                continue
            answer = self.send(record)
            self.n_calls += 1
            self.compare(record, answer)

    def send(self, record: dict[str, Any]) -> HttpResponse:
        headers = {"authorization": f"Bearer {self.token}"}
        if record["experiment"] is not None:
            headers["x-mlflow-experiment-id"] = record["experiment"]
        path = self.translated(record["path"]) + (f"?{self.translated(record['query'])}" if record["query"] else "")
        return self.client.generic(
            record["method"], path, self.body_of(record["sent"]), content_type=record["type"], headers=headers
        )

    def body_of(self, sent: Any) -> bytes:
        if sent is None:
            return b""
        if isinstance(sent, str):
            return sent.encode()
        if "__protobuf__" in sent:
            return ParseDict(sent["decoded"], ExportTraceServiceRequest()).SerializeToString()
        if "__b64__" in sent:
            return base64.b64decode(sent["__b64__"])
        return self.translated(json.dumps(sent)).encode()

    def translated(self, text: str) -> str:
        for theirs, ours in self.ids.items():
            text = text.replace(theirs, ours)
        return text

    def compare(self, record: dict[str, Any], answer: HttpResponse) -> None:
        theirs = dict(leaves({"status": record["status"], "": comparable(record["answer"]) or {}}))
        ours = dict(leaves({"status": answer.status_code, "": comparable(answer_of(answer)) or {}}))
        for place, value in theirs.items():
            found = ours.get(place, "(missing)")
            name = place.rpartition(".")[2]
            if name in GIVEN_BY_SERVERS and isinstance(found, str) and len(value) > 10:
                self.ids[value] = found
            if found == self.known(value):
                self.n_equal += 1
            else:
                self.differences.append(Difference(record["line"], record["call"], place, value, found))
        for place in ours.keys() - theirs.keys():
            self.differences.append(Difference(record["line"], record["call"], place, "(missing)", ours[place]))

    def known(self, value: Any) -> Any:
        return self.translated(value) if isinstance(value, str) else value


def answer_of(answer: HttpResponse) -> Any:
    if answer.headers.get("Content-Type") == "application/octet-stream":
        return {"__b64__": base64.b64encode(answer.content).decode()}
    try:
        return json.loads(answer.content)
    except ValueError:
        return answer.content.decode(errors="replace") or {}


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every field with its place; pairs go by their key, and traces by their id, with the order as a field."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from leaves(each, f"{place}.{key}" if place else key)
    elif isinstance(value, list) and value:
        is_pairs = all(isinstance(each, dict) and "key" in each and each.keys() <= {"key", "value"} for each in value)
        names = [name_of(each) for each in value]
        if all(names):
            yield f"{place}.order", names
        for number, each in enumerate(value):
            if is_pairs:
                yield from leaves(each.get("value"), f"{place}[{each['key']}]")
            else:
                yield from leaves(each, f"{place}[{names[number] or number}]")
    else:
        yield place, value


def name_of(value: Any) -> str:
    """Return what names an entry of a list: its span, its trace, or its name among label schemas."""
    if not isinstance(value, dict) or "assessment_id" in value:
        return ""
    told = value.get("trace_info", value)
    if "dataset_record_id" in told:
        return json.dumps(told["inputs"])
    return str(told.get("span_id") or told.get("trace_id") or (told.get("schema_id") and told["name"]) or "")


def comparable(value: Any) -> Any:
    """Return an answer without what is not compared: issues, a third kind of assessment, and the trace of LOST."""
    if isinstance(value, list):
        return [comparable(each) for each in value if not is_left_out(each)]
    if isinstance(value, dict):
        return {key: comparable(json.loads(each) if key == "records" else each) for key, each in value.items()}
    return value


def is_left_out(each: Any) -> bool:
    return isinstance(each, dict) and ("issue" in each or each.get("trace_info", each).get("trace_id") == LOST)
