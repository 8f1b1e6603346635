from __future__ import annotations

import pytest
from django.core.management import call_command

from traces.models import Experiment


@pytest.mark.django_db
def test_experiment_0_is_there_from_the_start():
    assert Experiment.objects.get(pk=0).name == "Default"


@pytest.mark.django_db(transaction=True)
def test_experiment_0_is_there_after_the_tables_were_emptied():
    call_command("flush", interactive=False, verbosity=0)

    assert Experiment.objects.get(pk=0).name == "Default"
