"""docs/tutorial.md from its first block to its last: what it says to run is run, what it says to click is clicked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from playwright.sync_api import expect

from mlflow_bridge.tests.conftest import RealServer, mlflow_process
from tests.e2e.server import Server
from tests.rules.files import text_of

__all__ = ["mlflow_process"]

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow")  # the client warns of its own code
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SAVE_AS = re.compile(r"Save this as\s+`([\w.]+)`")
MANAGE = ".venv/bin/python manage.py "
TOKEN = "export MLFLOW_TRACKING_TOKEN="


class Reader:
    """Somebody who does what the tutorial says, section by section, in one Python and one shell."""

    def __init__(self, server: Server, other: RealServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        text = text_of(Path("docs/tutorial.md"))
        self.text = text.replace("http://127.0.0.1:8000", server.url).replace("http://127.0.0.1:5000", other.url)
        self.server, self.folder, self.monkeypatch = server, folder, monkeypatch
        self.names: dict[str, Any] = {}
        self.printed = ""

    def do(self, heading: str) -> None:
        """Run all blocks of a section."""
        (section,) = re.findall(rf"^## \d+\. {heading}\n(.*?)(?=^## |\Z)", self.text, re.DOTALL | re.MULTILINE)
        for language, block in BLOCK.findall(section):
            match language:
                case "python":
                    exec(compile(block, "docs/tutorial.md", "exec"), self.names)
                case "yaml":
                    (self.folder / SAVE_AS.findall(section)[0]).write_text(block)
                case "sh":
                    for line in block.splitlines():
                        self.type(line)

    def type(self, line: str) -> None:
        if line.startswith(TOKEN):
            self.monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", self.printed)
            return
        assert line.startswith(MANAGE), line
        words = shlex.split(line.removeprefix(MANAGE))
        self.printed = self.server.manage(*[self.path_of(word) for word in words]).strip()

    def path_of(self, word: str) -> str:
        return str(self.folder / word) if (self.folder / word).is_file() else word


@pytest.fixture
def reader(server, mlflow_process, tmp_path, monkeypatch) -> Iterator[Reader]:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = mlflow.get_tracking_uri()
    mlflow.tracing.enable()
    yield Reader(server, mlflow_process, tmp_path, monkeypatch)
    mlflow.flush_trace_async_logging()
    mlflow.set_tracking_uri(before)


def test_the_tutorial_leads_from_traces_to_a_dataset_on_the_teams_server(
    reader, server, mlflow_process, page, new_page, sign_in, capsys
):
    reader.do("Say who you are")
    reader.do("Trace your application")
    mlflow.flush_trace_async_logging()
    reader.do("Ask an expert")
    answer_as_expert(page, reader.printed)

    capsys.readouterr()
    reader.do("See the labels")
    said = capsys.readouterr().out
    assert "Is hail covered?" in said
    assert "expected_response A flood is excluded. expert@example.org" in said
    assert said.count(" correct ") == 2

    manager = new_page()
    sign_in(manager, "lead@example.org")
    manager.goto("/labeling/sessions/")
    manager.get_by_role("link", name="Claims, first look").first.click()
    manager.get_by_role("link", name="Make a dataset").click()
    manager.get_by_role("button", name="Make the dataset").click()
    expect(manager.get_by_text("1 record is new.")).to_be_visible()
    dataset_page = manager.url
    reader.do("Make a dataset")
    assert "A flood is excluded." in capsys.readouterr().out

    reader.do("Evaluate the next version")
    assert reader.names["result"].metrics == {"as_expected/mean": 1.0}

    connect(manager, mlflow_process.url)
    manager.goto(dataset_page)
    manager.get_by_role("button", name="Sync to MLflow").click()
    expect(manager.get_by_text("It is on its way")).to_be_visible()
    for _turn in range(20):
        server.manage("run_worker", "--once")
        manager.reload()
        if manager.get_by_text("in step").is_visible():
            break
    capsys.readouterr()
    reader.do("Have it on your MLflow server")
    assert "A flood is excluded." in capsys.readouterr().out


def answer_as_expert(page, link: str) -> None:
    page.goto(link)
    page.get_by_role("link", name=re.compile("Start|Continue")).first.click()
    page.get_by_role("button", name="Start").click()  # below the guidelines
    for _item in range(2):
        expect(page.get_by_test_id("question-correct")).to_be_visible()
        page.wait_for_function("customElements.get('review-page') !== undefined")
        is_hail = page.locator("#conversation").get_by_text("Is hail covered?").count() > 0
        page.get_by_test_id("question-correct").get_by_test_id(f"option-{'true' if is_hail else 'false'}").click()
        if not is_hail:
            page.get_by_test_id("question-expected_response").get_by_role("textbox").fill("A flood is excluded.")
        page.get_by_test_id("submit").click()
        expect(
            page.locator("#conversation").get_by_text("Is hail covered?" if is_hail else "Is a flood")
        ).to_be_hidden()


def connect(page, address: str) -> None:
    page.goto("/settings/mlflow/new/")
    page.get_by_label("Name", exact=True).fill("Team server")
    page.get_by_label("Tracking URI").fill(address)
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", level=1, name="Team server")).to_be_visible()
