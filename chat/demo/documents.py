"""The project's documents, cut at their headings into passages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
FILES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
HEADING = re.compile(r"^#{1,3} (.+)$")
FENCE, INDENT = "```", "    "
PICTURE = "!["
ITEM = re.compile(r"- |\d+\. ")


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands under one heading. `blocks` are its paragraphs, tables, items and pieces of code, as Markdown."""

    file: str
    title: str
    blocks: tuple[str, ...]

    @property
    def doc_id(self) -> str:
        return f"{self.file}#{re.sub(r'[^a-z0-9]+', '-', self.title.lower()).strip('-')}"

    @property
    def text(self) -> str:
        return "\n\n".join(self.blocks)


def all_passages(root: Path = ROOT) -> list[Passage]:
    paths = [root / name for name in FILES] + sorted((root / "docs").glob("*.md"))
    return [passage for path in paths if path.exists() for passage in passages_in(path, root)]


def passages_in(path: Path, root: Path) -> Iterator[Passage]:
    title, lines, fenced = path.stem, list[str](), False
    for line in [*path.read_text(encoding="utf-8").splitlines(), "# end"]:
        fenced ^= line.startswith(FENCE)
        heading = None if fenced else HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        if blocks := tuple(blocks_of(lines)):
            yield Passage(path.relative_to(root).as_posix(), title, blocks)
        title, lines = heading[1], []


def blocks_of(lines: list[str]) -> Iterator[str]:
    block, fenced = list[str](), False
    for line in [*lines, ""]:
        if not fenced and block and (not line.strip() or ITEM.match(line)):
            yield from [] if PICTURE in (text := joined(block)) else [text]
            block = []
        fenced ^= line.startswith(FENCE)
        block += [line] if line.strip() or fenced else []


def joined(lines: list[str]) -> str:
    """Return a block's lines; those of a paragraph or an item as one, since the chat keeps line breaks."""
    text = "\n".join(lines)
    if text.startswith(INDENT):
        return f"{FENCE}\n{dedent(text)}\n{FENCE}"
    return text if is_table(text) or is_code(text) else " ".join(line.strip() for line in lines)


def is_table(block: str) -> bool:
    return block.startswith("|")


def is_code(block: str) -> bool:
    return block.startswith(FENCE)
