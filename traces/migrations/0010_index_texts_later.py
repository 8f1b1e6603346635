from __future__ import annotations

from django.db import migrations

# Rows beyond the last one in the index are not in it yet: they have nothing to be taken out there.
IS_INDEXED = "WHEN old.id <= (SELECT max(id) FROM traces_text_index_docsize)"
REMOVED = """CREATE TRIGGER traces_text_removed AFTER DELETE ON traces_tracetext {when} BEGIN
    INSERT INTO traces_text_index (traces_text_index, rowid, words) VALUES ('delete', old.id, old.words);
END"""
CHANGED = """CREATE TRIGGER traces_text_changed AFTER UPDATE ON traces_tracetext {when} BEGIN
    INSERT INTO traces_text_index (traces_text_index, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO traces_text_index (rowid, words) VALUES (new.id, new.words);
END"""
FORWARDS = [
    "DROP TRIGGER traces_text_added",
    "DROP TRIGGER traces_text_removed",
    "DROP TRIGGER traces_text_changed",
    REMOVED.format(when=IS_INDEXED),
    CHANGED.format(when=IS_INDEXED),
]
BACKWARDS = [
    """INSERT INTO traces_text_index (rowid, words) SELECT id, words FROM traces_tracetext
        WHERE id > COALESCE((SELECT max(id) FROM traces_text_index_docsize), 0) ORDER BY id""",
    "DROP TRIGGER traces_text_removed",
    "DROP TRIGGER traces_text_changed",
    REMOVED.format(when=""),
    CHANGED.format(when=""),
    """CREATE TRIGGER traces_text_added AFTER INSERT ON traces_tracetext BEGIN
        INSERT INTO traces_text_index (rowid, words) VALUES (new.id, new.words);
    END""",
]


def statements(sqlite: list[str]):
    def execute(apps, schema_editor) -> None:
        if schema_editor.connection.vendor == "sqlite":
            for statement in sqlite:
                schema_editor.execute(statement)

    return execute


class Migration(migrations.Migration):
    """On SQLite texts are indexed some time after they are written: see traces/search/full_text.py."""

    dependencies = [("traces", "0009_redaction_and_retention")]

    operations = [migrations.RunPython(statements(FORWARDS), statements(BACKWARDS))]
