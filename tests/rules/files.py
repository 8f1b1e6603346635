"""The files that the rules are about: what git knows or would add, so that nobody's scratch files count."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("reviewapp", "accounts", "traces", "labeling", "chat", "quality", "mlflow_bridge")
NOT_OURS = {"vendor", "fixtures"}


@cache
def listed() -> tuple[Path, ...]:
    """Return every file, as a path from the top folder."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = {Path(name) for name in out.stdout.decode().split("\0") if name}
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def files(suffix: str, *, under: str = "") -> list[Path]:
    """Return what people wrote here, of one kind; a rule that would look at nothing fails."""
    ours = [path for path in listed() if not NOT_OURS & set(path.parts)]
    found = [path for path in ours if path.suffix == suffix and path.as_posix().startswith(under)]
    assert found, f"There is no {suffix} under {under}: the rule looks at nothing."
    return found


def product_modules() -> list[Path]:
    """Return the Python modules that are no tests."""
    return [path for path in files(".py") if path.parts[0] in ROOMS and "tests" not in path.parts]


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def no(found: list[str]) -> None:
    """Assert that a rule found nothing, and list what it found."""
    assert not found, "\n" + "\n".join(found)
