"""`manage.py load_session FILE.yaml`: a labeling session from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.session_file import FileError, load_session


class Command(BaseCommand):
    help = "Make and open the labeling session that a YAML file describes, and print its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.yaml", help="- is standard input")

    def handle(self, *, file: str, **options: Any) -> None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Can't read {file}: {error}") from error
        try:
            session = load_session(text)
        except FileError as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(str(session.pk))
