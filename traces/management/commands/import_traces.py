"""`manage.py import_traces FILE…`: traces from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from traces.ingest.files import load_file
from traces.ingest.otlp import BadBody
from traces.ingest.unpacking import TooLarge
from traces.models import Experiment


class Command(BaseCommand):
    help = (
        "Load traces from files: OTLP traces or logs as protobuf or JSON, MLflow's trace JSON (with its assessments),"
        " or JSON lines of any of them; gzipped files too. A file is stored as a whole or not at all; loading it twice"
        " changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--experiment", default="0", metavar="NAME_OR_ID", help="default: 0; a new name makes a new experiment"
        )

    def handle(self, *args: Any, files: list[Path], experiment: str, **options: Any) -> None:
        target = experiment_of(experiment)
        failed = 0
        for path in files:
            try:
                loaded = load_file(path, target)
            except (BadBody, TooLarge, OSError) as problem:
                failed += 1
                self.stderr.write(f"{path}: {problem}")
                continue
            counts = [(len(loaded.traces), "trace"), (loaded.spans, "span"), (loaded.assessments, "assessment")]
            counts += [(loaded.records, "log record")] if loaded.records else []
            self.stdout.write(f"{path}: " + ", ".join(f"{n} {noun}{'s' * (n != 1)}" for n, noun in counts))
            for reason in loaded.problems:
                self.stderr.write(f"{path}: left out a span: {reason}")
        if failed:
            raise CommandError(f"{failed} of {len(files)} files could not be loaded.")


def experiment_of(name_or_id: str) -> Experiment:
    """Return the experiment with this id, or with this name, made if need be."""
    if not name_or_id.strip():
        raise CommandError("--experiment needs a name or an id.")
    if name_or_id.isascii() and name_or_id.isdigit():
        found = Experiment.objects.filter(pk=int(name_or_id)).first()
        if found is None:
            raise CommandError(f"There is no experiment {name_or_id}.")
        return found
    return Experiment.objects.get_or_create(name=name_or_id[:250])[0]
