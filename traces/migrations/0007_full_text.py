from __future__ import annotations

from django.db import migrations

SQLITE = [
    # The words stand in traces_tracetext; the index only points there, and triggers keep both alike.
    """CREATE VIRTUAL TABLE traces_text_index USING fts5(
        words, content='traces_tracetext', content_rowid='id', tokenize="unicode61 remove_diacritics 0"
    )""",
    """CREATE TRIGGER traces_text_added AFTER INSERT ON traces_tracetext BEGIN
        INSERT INTO traces_text_index (rowid, words) VALUES (new.id, new.words);
    END""",
    """CREATE TRIGGER traces_text_removed AFTER DELETE ON traces_tracetext BEGIN
        INSERT INTO traces_text_index (traces_text_index, rowid, words) VALUES ('delete', old.id, old.words);
    END""",
    """CREATE TRIGGER traces_text_changed AFTER UPDATE ON traces_tracetext BEGIN
        INSERT INTO traces_text_index (traces_text_index, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO traces_text_index (rowid, words) VALUES (new.id, new.words);
    END""",
]
SQLITE_BACK = [
    "DROP TRIGGER traces_text_added",
    "DROP TRIGGER traces_text_removed",
    "DROP TRIGGER traces_text_changed",
    "DROP TABLE traces_text_index",
]
POSTGRESQL = [
    """ALTER TABLE traces_tracetext ADD COLUMN index tsvector
        GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, words)) STORED""",
    "CREATE INDEX traces_text_index ON traces_tracetext USING gin (index)",
]
POSTGRESQL_BACK = ["ALTER TABLE traces_tracetext DROP COLUMN index"]


def statements(sqlite: list[str], postgresql: list[str]):
    def execute(apps, schema_editor) -> None:
        for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
            schema_editor.execute(statement)

    return execute


class Migration(migrations.Migration):
    """The index for full text, made on an empty table; `manage.py index_texts` fills it for older traces."""

    dependencies = [("traces", "0006_explorer")]

    operations = [
        migrations.RunPython(statements(SQLITE, POSTGRESQL), statements(SQLITE_BACK, POSTGRESQL_BACK)),
    ]
