"""The corpus as tests use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from traces.ingest.incoming import IncomingSpan
from traces.ingest.otlp_json import read_json
from traces.ingest.otlp_protobuf import read_protobuf

CORPUS = Path(__file__).parent / "corpus"


def scenarios(*prefixes: str) -> list[str]:
    """Names of the scenarios, of these prefixes only if given, that hold OTLP bodies."""
    names = sorted(path.parent.name for path in CORPUS.glob("*/meta.json"))
    return [name for name in names if name.startswith(prefixes or "") and bodies(name)]


def meta(name: str) -> dict[str, Any]:
    return json.loads((CORPUS / name / "meta.json").read_text(encoding="utf-8"))


def bodies(name: str) -> list[Path]:
    """Paths of the OTLP bodies, in the order in which they were sent."""
    files = [request["file"] for request in meta(name)["requests"] if request["signal"] == "traces"]
    return [CORPUS / name / file for file in files]


def mlflow_traces(name: str = "*") -> list[Path]:
    return sorted(CORPUS.glob(f"{name}/mlflow-trace*.json"))


def spans_of(name: str) -> list[IncomingSpan]:
    """Every span of a scenario, read as the intake reads it."""
    return [
        span
        for path in bodies(name)
        for span in (read_json if path.suffix == ".json" else read_protobuf)(path.read_bytes()).spans
    ]
