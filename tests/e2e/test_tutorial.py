"""docs/tutorial.md from its first block to its last: what it says to run is run, what it says to click is clicked.

Twice: with an MLflow server of the team's, and without one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from playwright.sync_api import Page, expect

from mlflow_bridge.tests.conftest import mlflow_process
from tests.e2e.server import Server
from tests.rules.files import text_of

__all__ = ["mlflow_process"]

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow")  # the client warns of its own code
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SAVE_AS = re.compile(r"Save this as\s+`([\w.]+)`")
MANAGE = ".venv/bin/python manage.py "
TOKEN = "export MLFLOW_TRACKING_TOKEN="
TURNS = 20  # of the worker, after which what it is asked for is done


class Reader:
    """Somebody who does what the tutorial says, section by section, in one Python and one shell.

    `mlflow_at` is where their MLflow is.
    """

    def __init__(self, server: Server, mlflow_at: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.text = text_of(Path("docs/tutorial.md")).replace("http://127.0.0.1:5000", mlflow_at)
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
        mlflow.flush_trace_async_logging()

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
def reader_with(server, tmp_path, monkeypatch) -> Iterator[Callable[[str], Reader]]:
    """Return a function: a reader whose MLflow is at this address."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = mlflow.get_tracking_uri()
    mlflow.tracing.enable()
    yield lambda mlflow_at: Reader(server, mlflow_at, tmp_path, monkeypatch)
    mlflow.flush_trace_async_logging()
    mlflow.set_tracking_uri(before)


def test_the_tutorial_leads_from_a_teams_server_to_labels_and_a_dataset_on_it(
    reader_with, server, mlflow_process, page, new_page, capsys
):
    reader = reader_with(mlflow_process.url)
    reader.do("Trace your application")
    reader.do("Connect your server")
    manager = new_page()
    manager.goto(reader.printed)
    connect(manager, mlflow_process.url)
    work_until(server, manager, "2 traces are here.")

    reader.do("Ask an expert")
    answer_as_expert(page, reader.printed)
    work_until(server, manager, "all delivered")
    see_the_labels(reader, "See the labels on your server", capsys)

    make_the_dataset(manager)
    manager.get_by_role("button", name="Sync to MLflow").click()
    expect(manager.get_by_text("It is on its way")).to_be_visible()
    work_until(server, manager, "in step")
    see_the_dataset(reader, capsys)
    belongs_to = mlflow.get_experiment_by_name("claims-assistant").experiment_id
    assert reader.names["dataset"].experiment_ids == [belongs_to]
    reader.do("Evaluate the next version")
    assert reader.names["result"].metrics == {"as_expected/mean": 1.0}


def test_the_tutorial_can_be_gone_through_without_an_mlflow_server(reader_with, server, page, new_page, capsys):
    reader = reader_with(server.url)
    reader.do("Connect your server")
    manager = new_page()
    manager.goto(reader.printed)
    reader.do("Without an MLflow server")
    reader.do("Trace your application")

    reader.do("Ask an expert")
    answer_as_expert(page, reader.printed)
    see_the_labels(reader, "See the labels on your server", capsys)

    make_the_dataset(manager)
    see_the_dataset(reader, capsys)
    reader.do("Evaluate the next version")
    assert reader.names["result"].metrics == {"as_expected/mean": 1.0}


def connect(page: Page, address: str) -> None:
    page.locator("summary", has_text="You").click()
    page.get_by_role("link", name="MLflow servers").click()
    page.get_by_role("link", name="Connect a server").first.click()
    page.get_by_label("Name", exact=True).fill("Team server")
    page.get_by_label("Tracking URI").fill(address)
    page.get_by_label("Take traces over").check()
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", level=1, name="Team server")).to_be_visible()
    expect(page.get_by_role("button", name="Take over now")).to_be_visible()


def work_until(server: Server, page: Page, words: str) -> None:
    """Let the worker have its turns until the page says so."""
    said = page.get_by_text(words).first
    for _turn in range(TURNS):
        server.manage("run_worker", "--once")
        page.reload()
        if said.is_visible():
            return
    expect(said).to_be_visible()


def answer_as_expert(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("link", name=re.compile("Start|Continue")).first.click()
    page.get_by_role("button", name="Start").click()  # below the guidelines
    for _item in range(2):
        expect(page.get_by_test_id("question-correct")).to_be_visible()
        page.wait_for_function("() => customElements.get('review-page') !== undefined")
        is_hail = page.locator("#conversation").get_by_text("Is hail covered?").count() > 0
        correct = page.get_by_test_id("question-correct")
        correct.get_by_test_id(f"option-{'true' if is_hail else 'false'}").click()
        if not is_hail:
            correct.get_by_role("textbox").fill("The policy excludes floods.")
            page.get_by_test_id("question-expected_response").get_by_role("textbox").fill("A flood is excluded.")
        page.get_by_test_id("submit").click()
        expect(
            page.locator("#conversation").get_by_text("Is hail covered?" if is_hail else "Is a flood")
        ).to_be_hidden()


def see_the_labels(reader: Reader, heading: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    reader.do(heading)
    said = capsys.readouterr().out
    assert set(said.splitlines()) == {
        "Is hail covered? correct True expert@example.org None",
        "Is a flood covered? correct False expert@example.org The policy excludes floods.",
        "Is a flood covered? expected_response A flood is excluded. expert@example.org None",
    }


def make_the_dataset(page: Page) -> None:
    page.goto("/labeling/sessions/")
    page.get_by_role("link", name="Claims, first look").first.click()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Make a dataset").click()
    page.get_by_role("button", name="Make the dataset").click()
    expect(page.get_by_text("1 record is new.")).to_be_visible()


def see_the_dataset(reader: Reader, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    reader.do("Make a dataset")
    assert "A flood is excluded." in capsys.readouterr().out
