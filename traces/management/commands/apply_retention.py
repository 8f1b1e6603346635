"""`manage.py apply_retention`: delete what experiments do not keep."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from traces.retention import AGE, NUMBER, apply, limited, plan_of


class Command(BaseCommand):
    help = (
        "Delete the traces that are older, or more, than their experiment's settings keep. The worker does it all the"
        " time; this does it at once, and says what it did."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many traces would go")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        for experiment in limited():
            if dry_run:
                plan = plan_of(experiment)
                said = f"{plan.by_age} by age and {plan.by_number} by number would go; {plan.stays} are due but stay"
            else:
                deleted = apply(experiment)
                said = f"{deleted[AGE]} by age and {deleted[NUMBER]} by number are deleted"
            self.stdout.write(f"{experiment}: {said}.")
