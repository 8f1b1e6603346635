"""What the documents name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.utils import timezone

from labeling.session_file import load_session
from tests.rules.files import ROOMS, ROOT, files, no, text_of
from traces.models import Experiment, Trace

PATH = re.compile(r"`((?:\w[\w-]*/)+(?:[\w-]+\.\w+)?)`")
MADE_WHEN_RUNNING = ("var/", "locale/")


@pytest.mark.parametrize("path", files(".md", under=""), ids=str)
def test_links_and_paths_lead_somewhere(path: Path):
    text = text_of(path)
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    named = [name for name in PATH.findall(text) if not name.startswith(MADE_WHEN_RUNNING)]
    bases = [ROOT, ROOT / path.parent, *(ROOT / room for room in ROOMS)]
    no([name for name in targets + named if not any((base / name).exists() for base in bases)])


def test_readme_names_every_command_of_ours_and_no_other():
    ours = {name for name, app in get_commands().items() if app in ROOMS}
    named = set(re.findall(r"manage\.py (\w+)", text_of(Path("README.md"))))
    djangos = {name for name, app in get_commands().items() if app not in ROOMS}
    assert named - djangos == ours - {"load_demo", "load_chat_demo"}  # `make run` does that


def test_readmes_session_loads(bob):
    bob.email = "expert@example.org"
    bob.save()
    trace = Trace.objects.create(
        trace_id="tr-1", experiment=Experiment.objects.create(name="claims"), state="OK", request_time=timezone.now()
    )
    (text,) = re.findall(r"^```yaml\n(.*?)^```", text_of(Path("README.md")), re.DOTALL | re.MULTILINE)

    session = load_session(text)

    assert session.items.get().trace == trace
    assert session.questions.count() == 4
