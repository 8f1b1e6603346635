"""Fill a migrated database with conversations at an endpoint, and print who may talk in which, as JSON.

usage: python -m chat.tests.prepare_talks ENDPOINT_URL NUMBER

Run by test_live.py in a process of its own, with DATABASE_URL set.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
django.setup()

from accounts.models import User  # noqa: E402
from chat.models import Conversation, Endpoint  # noqa: E402
from chat.tests.sockets import session_of  # noqa: E402
from traces.models import Experiment  # noqa: E402


def prepared(url: str, number: int) -> dict[str, Any]:
    """Make so many conversations of one person; return {session: the cookie's value, conversations: ids}."""
    alice = User.objects.create_user("alice@example.org")
    endpoint = Endpoint.objects.create(
        name="Claims",
        url=url,
        model="claims-1",
        experiment=Experiment.objects.create(name="claims"),
        is_for_everybody=True,
    )
    talks = [Conversation.objects.create(endpoint=endpoint, user=alice) for _ in range(number)]
    return {"session": session_of(alice), "conversations": [str(talk.pk) for talk in talks]}


if __name__ == "__main__":
    json.dump(prepared(sys.argv[1], int(sys.argv[2])), sys.stdout)
