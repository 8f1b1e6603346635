"""Modules find each other by bare names, through the import map.

The manifest storage does not rewrite relative imports: after a deploy, old and new modules would mix.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rules.files import files, no, text_of

ENTRY = re.compile(r'"([^"]+)":\s*"{% static \'([^\']+)\' %}"')
COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
FROM = re.compile(r"""^\s*(?:import|export)\b\s*(?:[\w*{][^'"();]*?\sfrom\s*)?["']([^"']+)["']""", re.MULTILINE)
CALLED = re.compile(r"""\bimport\(\s*["']([^"']+)["']""")


def import_map() -> dict[str, str]:
    return dict(ENTRY.findall(text_of(Path("templates/_importmap.html"))))


def imported_in(text: str) -> list[str]:
    code = COMMENT.sub("", text)
    return FROM.findall(code) + CALLED.findall(code)


def loaded_by_templates() -> set[str]:
    loads = re.compile(r"""<script[^>]*\ssrc="{% static '([^']+)' %}\"""")
    return {name for path in files(".html", under="templates/") for name in loads.findall(text_of(path))}


def test_import_map_names_modules_as_their_files():
    names = {path.relative_to("static").as_posix() for path in files(".js", under="static/js/")}
    no([f"{name}: {file}" for name, file in import_map().items() if file != f"js/{name}.js" or file not in names])


def test_every_module_can_be_loaded():
    """By its line in the import map, or as the one script of a page."""
    names = {path.relative_to("static").as_posix() for path in files(".js", under="static/js/")}
    no(sorted(names - set(import_map().values()) - loaded_by_templates()))


def test_modules_import_only_names_of_the_map():
    known = import_map()
    modules = files(".js", under="static/js/")
    no([f"{path}: {name}" for path in modules for name in imported_in(text_of(path)) if name not in known])


def test_templates_load_modules_by_their_hashed_names():
    found = []
    for path in files(".html", under="templates/"):
        sources = re.findall(r'<script[^>]*\ssrc="([^"]*)"', text_of(path))
        found += [f"{path}: {source}" for source in sources if not source.startswith("{% static ")]
    no(found)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('import { x, y } from "lib/a"', ["lib/a"]),
        ("import {\n  x,\n} from 'lib/a';", ["lib/a"]),
        ('import "./a.js"', ["./a.js"]),
        ('export { z } from "lib/a"', ["lib/a"]),
        ('const a = await import("lib/a")', ["lib/a"]),
        ('// import "lib/a"\n/* import "lib/a" */\nconst important = ["a"]', []),
    ],
)
def test_imports_are_seen(code, names):
    assert imported_in(code) == names
