"""The how-to is run, and what the package's README shows."""

from __future__ import annotations

import re

import mlflow
import pytest

from chat.models import Endpoint
from labeling.models import LabelingSession
from tests.e2e.endpoint import application
from tests.e2e.server import ROOT
from traces.models import Experiment


def code_in(path: str) -> str:
    return "\n".join(re.findall(r"^```python\n(.*?)^```", (ROOT / path).read_text(), re.DOTALL | re.MULTILINE))


@pytest.fixture
def guide(as_, in_server):
    """The endpoint that the how-to speaks of."""
    as_("mallory")
    with application() as running:
        with in_server():
            home = Experiment.objects.create(name="claims assistant")
            Endpoint.objects.create(name="Claims assistant", version="v2", url=running.url, experiment=home)
        yield running


def test_the_how_to_runs(guide, in_server, capsys):
    exec(code_in("docs/labeling-in-code.md"), {})
    assert guide.asked().messages[-1]["content"] == "Is hail covered?"
    with in_server():
        before, first = LabelingSession.objects.filter(experiment__name="claims assistant").order_by("-created_at")
        assert (before.state, first.state, first.n_items, first.questions.count()) == ("open", "open", 2, 3)
        assert f"/labeling/sessions/{first.pk}/review/" in capsys.readouterr().out


def test_the_readme_runs(as_, server):
    as_("mallory")
    code = code_in("packages/mlflow-reviewapp/README.md").replace("https://review.example.org", server.url)
    exec(code, {})
    mlflow.set_experiment("claims")
    assert [each.label_schemas for each in mlflow.genai.get_labeling_sessions()] == [["expected_response"]]
