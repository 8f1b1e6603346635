"""All benchmarks, or those named: python -m tests.bench [label] [ingest] [page] [scale] [chat] [frames] [explore] …

Each runs in a process and on a database of its own; docs/benchmarks.md says how to read the table.
PostgreSQL is measured too where TEST_POSTGRES_URL names one that may be filled.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import table
from tests.bench.servers import ROOT

PARTS = ("label", "ingest", "page", "scale", "chat", "frames", "explore", "mlflow")
ON_POSTGRES = {"label", "explore"}


def main(parts: list[str]) -> None:
    table.head()
    with tempfile.TemporaryDirectory(prefix="reviewapp-bench-") as folder:
        static = Path(folder) / "static"
        run(["manage.py", "collectstatic", "--no-input", "--verbosity", "0"], environment(Path(folder)))
        for part, number, url in databases(parts):
            own = Path(folder) / f"{part}-{number}"
            own.mkdir()
            (own / "static").symlink_to(static)
            run(["-m", f"tests.bench.{part}"], environment(own, DATABASE_URL=url) if url else environment(own))


def databases(parts: list[str]) -> Iterator[tuple[str, int, str]]:
    """Yield each part with the address of its database; an empty one is SQLite."""
    postgres = os.environ.get("TEST_POSTGRES_URL", "")
    for part in parts:
        for number, url in enumerate(["", postgres] if postgres and part in ON_POSTGRES else [""]):
            yield part, number, url


def run(arguments: list[str], env: dict[str, str]) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, check=True)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return what a process gets: nothing of the developer's own settings."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "TMPDIR", "CHROMIUM", "EXPLORE_TRACES", "MLFLOW_TRACES")
        if name in os.environ
    }
    product = {"DJANGO_SETTINGS_MODULE": "reviewapp.settings", "REVIEWAPP_DATA_DIR": str(folder)}
    return kept | product | {"INGEST_WITHOUT_TOKEN": "1"} | more


if __name__ == "__main__":
    main(sys.argv[1:] or [*PARTS])
