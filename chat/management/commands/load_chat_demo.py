from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from chat.demo.loading import is_wanted, load


class Command(BaseCommand):
    help = "After load_demo: add a guide to chat with, its talks and its questions. `make run` starts the guide itself."

    def handle(self, **options: Any) -> None:
        if not is_wanted():
            self.stdout.write("There are endpoints already, or none of the demo's people: left as it is.")
            return
        loaded = load()
        self.stdout.write(f"Loaded {len(loaded.talks)} conversations, a comparison, and these endpoints:")
        for endpoint in loaded.endpoints:
            self.stdout.write(f"  {endpoint.pk} {endpoint}")
