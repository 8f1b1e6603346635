from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef


def keep_the_last(apps: Any, schema_editor: Any) -> None:
    """Where an assessment was written and taken back, what matters is that it was taken back."""
    Delivery = apps.get_model("mlflow_bridge", "Delivery")
    taken_back = Delivery.objects.filter(
        connection=OuterRef("connection"), assessment=OuterRef("assessment"), deed="retract"
    )
    ids = list(Delivery.objects.filter(Exists(taken_back), deed="write").values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=ids).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("mlflow_bridge", "0007_review_queues_scorers_and_models"),
    ]

    operations = [
        migrations.RunPython(keep_the_last, migrations.RunPython.noop),
    ]
