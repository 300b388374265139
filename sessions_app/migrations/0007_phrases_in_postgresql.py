"""Phrases in PostgreSQL: by pairs of short words, else in one session after the other until a page is full."""

from typing import Any

from django.db import migrations

HOLDS = """
    CREATE FUNCTION sessions_app_holds(uuid, text) RETURNS boolean LANGUAGE sql STABLE COST 10000
    AS 'SELECT EXISTS (SELECT FROM sessions_app_searchdocument WHERE session_id = $1 AND vector @@ $2::tsquery)'
"""

# Documents that were written without pairs. The reaper writes them anew.
OUTDATE = [
    "UPDATE sessions_app_voicesession SET is_indexed = false WHERE is_indexed",
    "DELETE FROM sessions_app_searchdocument",
]


def create(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in (HOLDS, *OUTDATE):
            schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION sessions_app_holds(uuid, text)")


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0006_server_processes")]

    operations = [migrations.RunPython(create, drop, elidable=False)]
