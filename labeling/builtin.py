"""The three questions whose names MLflow's judges look up.

Source: MLflow 3.17, mlflow.genai.label_schemas (EXPECTED_FACTS, GUIDELINES, EXPECTED_RESPONSE).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from labeling.models import LabelSchema
from traces.models import Assessment, Experiment

EXPECTED_FACTS = "expected_facts"
GUIDELINES = "guidelines"
EXPECTED_RESPONSE = "expected_response"

MAX_LENGTH_EACH = 1_000  # characters of one fact or guideline, as MLflow


def built_in() -> dict[str, dict[str, Any]]:
    """Return each built-in question's words and input, by name."""
    several = {"text_list": {"max_length_each": MAX_LENGTH_EACH}}
    return {
        EXPECTED_FACTS: {
            "title": _("Which facts does a good answer state?"),
            "instruction": _("One fact a line, each true and needed."),
            "input": several,
        },
        GUIDELINES: {
            "title": _("Which rules should the answer follow?"),
            "instruction": _("One rule a line, so that it can be said whether an answer keeps it."),
            "input": several,
        },
        EXPECTED_RESPONSE: {
            "title": _("What would the ideal answer be?"),
            "instruction": _("Write it as it should be sent."),
            "input": {"text": {}},
        },
    }


def offer(experiment: Experiment) -> list[LabelSchema]:
    """Return the built-in questions of an experiment, made where they are missing."""
    there = {schema.name: schema for schema in experiment.label_schemas.filter(name__in=built_in())}
    return [
        there.get(name)
        or LabelSchema.objects.ask(experiment=experiment, name=name, type=Assessment.Kind.EXPECTATION, **words)
        for name, words in built_in().items()
    ]
