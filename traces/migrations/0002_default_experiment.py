"""MLflow's clients expect an experiment `0` named `Default`."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_default(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("traces", "Experiment").objects.get_or_create(pk=0, defaults={"name": "Default"})


class Migration(migrations.Migration):
    dependencies = [("traces", "0001_traces_and_assessments")]

    operations = [migrations.RunPython(make_default, migrations.RunPython.noop)]
