from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F

from traces.columns import EndOrNone


class AddIndexBeside(AddIndexConcurrently):
    """On PostgreSQL traces come in meanwhile; SQLite has nothing of the kind, and makes it in a few seconds."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    atomic = False  # an index is not made beside writers within a transaction

    dependencies = [("traces", "0010_index_texts_later")]

    operations = [
        AddIndexBeside(
            model_name="trace",
            index=models.Index(EndOrNone().desc(), F("trace_id").desc(), name="trace_by_end"),
        )
    ]
