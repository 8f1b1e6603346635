"""What the settings read is what README.md and .env.example tell, in both directions."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.rules.files import no, product_modules, text_of

CASTS = {f"env.{cast}" for cast in ("str", "bool", "int", "list", "db")}
SETTINGS = Path("reviewapp/settings.py")
FOR_MAKE_RUN = {"HOST", "PORT"}  # read by scripts/run.py


def read_by_settings() -> set[str]:
    calls = [node for node in ast.walk(ast.parse(text_of(SETTINGS))) if isinstance(node, ast.Call)]
    return {ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) in CASTS}


def test_readme_lists_every_variable_and_no_other():
    section = text_of(Path("README.md")).partition("## Configuration")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)`", section, re.MULTILINE)) == read_by_settings() | FOR_MAKE_RUN


def test_example_environment_lists_every_variable_and_no_other():
    listed = re.findall(r"^# ([A-Z_]+)=", text_of(Path(".env.example")), re.MULTILINE)
    assert set(listed) == read_by_settings()


def test_only_the_settings_read_the_environment():
    reads = re.compile(r"os\.environ(?!\.setdefault\(\"DJANGO_SETTINGS_MODULE\")|os\.getenv")
    no([str(path) for path in product_modules() if reads.search(text_of(path))])
