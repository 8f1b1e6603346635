"""MLflow's own demo, taken over from a real server and labeled: each trace can be read, each answer goes back once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page

from labeling.models import LabelingSession, LabelSchema
from labeling.models.questions import QuestionSpec
from mlflow_bridge.delivering import deliver_due
from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.pulling.models import PulledTrace
from mlflow_bridge.pulling.pull import pull
from mlflow_bridge.tests.real_server import RealServer
from traces.models import Assessment, Experiment, Trace

DEMO = "MLflow Demo"
DEMO_WITHIN_S = 600
PATIENT_MS = 30_000
MEDIA = {"vision_analysis": "img", "image_generation": "img", "audio_transcription": "audio", "text_to_speech": "audio"}
NEXT = "(before) => document.querySelector('[data-review]')?.dataset.review !== before"
# Waits until an element has shown what it is of; the width or length of it, 0 when it can't be shown.
SHOWN = """async (media) => {
  const wait = (name) => new Promise((done) => {
    media.addEventListener(name, done);
    media.addEventListener("error", done);
  });
  if (media.tagName === "IMG") { if (!media.complete) await wait("load"); return media.naturalWidth; }
  if (media.readyState < 1 && !media.error) await wait("loadedmetadata");
  return media.duration || 0;
}"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    server = RealServer(tmp_path_factory.mktemp("mlflow"))
    server.start()
    command = [sys.executable, "-m", "mlflow", "demo", "--tracking-uri", server.url, "--no-browser"]
    env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=DEMO_WITHIN_S)
    assert done.returncode == 0, done.stderr
    yield server
    server.stop()


@pytest.fixture
def connection(demo, db, aside, settings) -> Connection:
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.0/8"]
    connection = Connection.objects.create(name="Demo server", tracking_uri=demo.url, pulls=True)
    aside(lambda: pull(connection))
    return connection


@pytest.fixture
def session(connection, alice, mallory, aside) -> LabelingSession:
    experiment = Experiment.objects.get(name=DEMO)
    labels = {"pass_fail": {"positive_label": "Good", "negative_label": "Bad"}}
    good = LabelSchema.objects.ask(
        experiment=experiment, name="good", title="Is it good?", type="feedback", input=labels
    )  # fmt: skip
    session = LabelingSession.objects.create(
        experiment=experiment, name="The demo", reviews_per_item=1, created_by=mallory
    )
    session.add_traces(Trace.objects.filter(experiment=experiment))
    session.set_questions([QuestionSpec(good, is_required=True)])
    session.set_reviewers([alice])
    aside(session.open)
    return session


def there(demo: RealServer) -> dict[str, dict]:
    """The infos of the demo's traces on the server, by id."""
    experiments = httpx.post(
        f"{demo.url}/api/2.0/mlflow/experiments/search", json={"max_results": 10, "filter": f"name = '{DEMO}'"}
    ).json()["experiments"]
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiments[0]["experiment_id"]}}
    asked = {"locations": [place], "max_results": 500}
    found = httpx.post(f"{demo.url}/api/3.0/mlflow/traces/search", json=asked, timeout=60).json()["traces"]
    return {each["trace_id"]: each for each in found}


def test_the_demo_is_here_whole(demo, connection):
    infos = there(demo)
    assert set(Trace.objects.values_list("pk", flat=True)) == set(infos)
    assert not PulledTrace.objects.exclude(error="", lacks=None).exists()
    said = [each for info in infos.values() for each in info.get("assessments", []) if "issue" not in each]
    assert Counter(Assessment.objects.values_list("name", "source_id")) == Counter(
        (each["assessment_name"], each["source"]["source_id"]) for each in said
    )
    for trace in Trace.objects.all():
        told = json.loads(infos[trace.pk]["trace_metadata"]["mlflow.trace.sizeStats"])
        assert trace.spans.count() == told["num_spans"]


def test_every_trace_of_it_is_readable_and_every_answer_goes_back(demo, page, sign_in, session, alice, aside):
    """The server is killed and started again in between."""
    sign_in(page, alice.email)
    page.goto(f"/labeling/sessions/{session.pk}/review/")
    page.wait_for_function("() => !document.querySelector(':not(:defined)')")
    seen: Counter[str] = Counter()
    for number in range(session.items.count()):
        seen[read_one(page)] += 1
        if number == 20:
            aside(deliver_all)
            demo.stop()
        before = current(page)
        with page.expect_response(re.compile("/complete/"), timeout=PATIENT_MS):
            page.keyboard.press("1")  # a lone pass/fail is submitted with its answer
        page.wait_for_function(NEXT, arg=before, timeout=PATIENT_MS)
    assert {name: seen[name] for name in MEDIA} == dict.fromkeys(MEDIA, 2)

    assert aside(deliver_due) == 0
    assert "does not answer" in Connection.objects.get().last_error
    demo.start()
    aside(deliver_all)
    for info in there(demo).values():
        (answer,) = [each for each in info["assessments"] if each["assessment_name"] == "good"]
        assert (answer["feedback"], answer["source"]["source_id"]) == ({"value": True}, alice.email)
    connection = Connection.objects.get()
    aside(lambda: pull(connection))
    assert Assessment.objects.filter(name="good").count() == session.items.count()  # none came back


def read_one(page: Page) -> str:
    """Read the item on the page and return its trace's name; fails where something of it can't be read."""
    conversation = page.locator(".conversation")
    assert len(conversation.inner_text()) > 20
    name = Trace.objects.get(items__reviews__pk=current(page)).name
    media = conversation.locator(MEDIA.get(name, "img"))
    if name in MEDIA:
        assert media.first.evaluate(SHOWN) > 0, name
    return name


def current(page: Page) -> str:
    return page.locator("[data-review]").get_attribute("data-review")


def deliver_all() -> None:
    Delivery.objects.waiting().update(next_at="2026-01-01T00:00Z")
    while deliver_due():
        pass
