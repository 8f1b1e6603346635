"""Each room imports only rooms to its left; docs/architecture.md shows why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.files import files, no, product_modules, text_of

MAY_IMPORT = {
    "reviewapp.lib": set(),
    "accounts": {"reviewapp.lib"},
    "traces": {"reviewapp.lib", "accounts"},
    "labeling": {"reviewapp.lib", "accounts", "traces"},
    "chat": {"reviewapp.lib", "accounts", "traces", "labeling"},
    "quality": {"reviewapp.lib", "accounts", "traces", "labeling"},
    "mlflow_bridge": {"reviewapp.lib", "accounts", "traces", "labeling", "chat", "quality"},
}


def room_of(module: str) -> str | None:
    """Return the room of a dotted name; the wiring, which may import all, is `reviewapp`."""
    if module == "reviewapp.lib" or module.startswith("reviewapp.lib."):
        return "reviewapp.lib"
    top = module.partition(".")[0]
    return top if top in MAY_IMPORT or top == "reviewapp" else None


class OnlyWhatRuns(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        return node.orelse if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(OnlyWhatRuns().visit(ast.parse(text_of(path)))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def strays(path: Path) -> list[str]:
    room = room_of(".".join(path.with_suffix("").parts))
    if room in (None, "reviewapp"):
        return []
    allowed = MAY_IMPORT[room] | {room}
    found = [(line, name) for line, name in imports_of(path) if room_of(name) not in {None, *allowed}]
    return [f"{path}:{line} imports {name}, but {room} may not" for line, name in found]


def test_rooms_import_only_to_their_left():
    no([stray for path in product_modules() for stray in strays(path)])


def test_templates_use_only_what_their_room_may():
    used = re.compile(r'{%\s*(?:include|extends)\s+"(\w+)/')
    found = []
    for path in files(".html", under="templates/"):
        room = path.parts[1]
        allowed = MAY_IMPORT.get(room, set(MAY_IMPORT)) | {room}
        found += [f"{path} uses {name}/" for name in used.findall(text_of(path)) if name in set(MAY_IMPORT) - allowed]
    no(found)


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("reviewapp.lib.clock", "reviewapp.lib"),
        ("reviewapp.urls", "reviewapp"),
        ("traces", "traces"),
        ("django.db", None),
    ],
)
def test_room_of_a_module(name, room):
    assert room_of(name) == room
