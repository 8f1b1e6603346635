from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from labeling.demo.loading import is_empty, load


class Command(BaseCommand):
    help = "Fill an empty database with people, traces and sessions to look around in; leave any other alone."

    def handle(self, **options: Any) -> None:
        if not is_empty():
            self.stdout.write("The database is in use: the demo data was left out.")
            return
        loaded = load()
        self.stdout.write(
            f"Loaded the demo: {loaded.n_traces} traces, {len(loaded.sessions)} sessions, and these people:"
        )
        for user in loaded.people:
            self.stdout.write(f"  {user.get_role_display():<10} {user.name}, {user.email}")
