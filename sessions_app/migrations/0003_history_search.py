"""What the history shows and finds: a summary on each session, and a full-text index in the database's own way."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

# The words come already cut and folded (`sessions_app.words`): the ascii tokenizer parts them at spaces and takes
# every other letter as it is. FTS5 keeps them, for it needs them to take a row out again.
SQLITE = [
    """CREATE VIRTUAL TABLE sessions_app_searchtext
       USING fts5(words, places UNINDEXED, tokenize = 'ascii', prefix = '3 4')""",
    """CREATE TABLE sessions_app_searchscrub (is_due integer NOT NULL PRIMARY KEY)""",
    # However a document goes, its words go along; what is left of them in the index is wiped by `search.scrub`.
    """CREATE TRIGGER sessions_app_searchdocument_gone AFTER DELETE ON sessions_app_searchdocument BEGIN
         DELETE FROM sessions_app_searchtext WHERE rowid = old.id;
         INSERT OR IGNORE INTO sessions_app_searchscrub VALUES (1);
       END""",
]
SQLITE_BACK = [
    "DROP TRIGGER sessions_app_searchdocument_gone",
    "DROP TABLE sessions_app_searchscrub",
    "DROP TABLE sessions_app_searchtext",
]

# External: a vector is read whole and often, so it is not worth packing. Without `fastupdate` a search never reads
# through a list of what is not sorted in yet.
POSTGRESQL = [
    """ALTER TABLE sessions_app_searchdocument
         ADD COLUMN words text NOT NULL DEFAULT '',
         ADD COLUMN places text NOT NULL DEFAULT '[]',
         ADD COLUMN vector tsvector NOT NULL DEFAULT ''::tsvector""",
    "ALTER TABLE sessions_app_searchdocument ALTER COLUMN vector SET STORAGE EXTERNAL",
    """CREATE INDEX sessions_app_searchdocument_vector
         ON sessions_app_searchdocument USING gin (vector) WITH (fastupdate = off)""",
    # The planner does not know that a vector lies outside of its row, and would rather read all of them one by one.
    """CREATE FUNCTION sessions_app_sessions_with(tsquery) RETURNS SETOF uuid LANGUAGE sql STABLE
         COST 10000 ROWS 1000 SET enable_seqscan = off
         AS 'SELECT session_id FROM sessions_app_searchdocument WHERE vector @@ $1'""",
]
POSTGRESQL_BACK = [
    "DROP FUNCTION sessions_app_sessions_with(tsquery)",
    "DROP INDEX sessions_app_searchdocument_vector",
    "ALTER TABLE sessions_app_searchdocument DROP COLUMN vector, DROP COLUMN places, DROP COLUMN words",
]


def make_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        _run(schema_editor, SQLITE)
        _wipe_at_once(schema_editor.connection)
    else:
        _run(schema_editor, POSTGRESQL)


def drop_index(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, SQLITE_BACK if schema_editor.connection.vendor == "sqlite" else POSTGRESQL_BACK)


def _run(schema_editor: Any, statements: Sequence[str]) -> None:
    for statement in statements:
        schema_editor.execute(statement)


def _wipe_at_once(connection: Any) -> None:
    """Have FTS5 take words out of the index when their row goes, where it can (SQLite 3.42)."""
    if sqlite3.sqlite_version_info >= (3, 42):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO sessions_app_searchtext (sessions_app_searchtext, rank) VALUES ('secure-delete', 1)")


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0002_review_sharing_and_forgetting")]

    operations = [
        migrations.AddField(
            model_name="voicesession",
            name="is_indexed",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="voicesession",
            name="summary",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddIndex(
            model_name="voicesession",
            index=models.Index(condition=models.Q(("is_indexed", False)), fields=["owner"], name="not_indexed"),
        ),
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("part", models.PositiveIntegerField()),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_documents",
                        to="sessions_app.voicesession",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("session", "part"), name="one_document_per_part")
                ],
            },
        ),
        migrations.RunPython(make_index, drop_index, elidable=False),
    ]
