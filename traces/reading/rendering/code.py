"""Code blocks: named, coloured by class, and plain when they are too long to colour."""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

MAX_CHARS = 20_000  # beyond that a lexer may take seconds
MAX_LINE_CHARS = 1_000
CLASSES = frozenset(name for name in STANDARD_TYPES.values() if name)
FORMATTER = HtmlFormatter(nowrap=True)

# The lexers that may see a stranger's text: some others have regular expressions that never end.
LANGUAGES = {
    "bash": "Shell", "c": "C", "c++": "C++", "cpp": "C++", "c#": "C#", "csharp": "C#", "css": "CSS", "diff": "Diff",
    "docker": "Dockerfile", "dockerfile": "Dockerfile", "go": "Go", "graphql": "GraphQL", "html": "HTML",
    "http": "HTTP", "ini": "INI", "java": "Java", "javascript": "JavaScript", "js": "JavaScript", "json": "JSON",
    "jsx": "JavaScript", "kotlin": "Kotlin", "lua": "Lua", "makefile": "Makefile", "matlab": "MATLAB", "php": "PHP",
    "powershell": "PowerShell", "py": "Python", "python": "Python", "r": "R", "ruby": "Ruby", "rust": "Rust",
    "scala": "Scala", "sh": "Shell", "shell": "Shell", "sql": "SQL", "swift": "Swift", "toml": "TOML",
    "ts": "TypeScript", "tsx": "TypeScript", "typescript": "TypeScript", "xml": "XML", "yaml": "YAML", "yml": "YAML",
}  # fmt: skip


def code_block(code: str, info: str = "") -> str:
    """Return the block with its language's name; not sanitised yet."""
    name = info.strip().split(maxsplit=1)[0].lower() if info.strip() else ""
    label = LANGUAGES.get(name, name[:30])
    head = f'<span class="code__name">{escape(label)}</span>' if label else ""
    return f'<div class="code" dir="ltr">{head}<pre tabindex="0"><code>{coloured(code, name)}</code></pre></div>\n'


def coloured(code: str, name: str) -> str:
    lexer = lexer_of(name)
    if lexer is None or len(code) > MAX_CHARS or any(len(line) > MAX_LINE_CHARS for line in code.splitlines()):
        return escape(code)
    return highlight(code, lexer, FORMATTER)


@lru_cache(maxsize=64)
def lexer_of(name: str) -> Lexer | None:
    if name not in LANGUAGES:
        return None
    try:
        return get_lexer_by_name(name, stripnl=False)
    except ClassNotFound:
        return None
