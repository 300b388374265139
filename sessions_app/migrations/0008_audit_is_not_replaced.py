"""Two ways around the triggers of 0004: SQLite's REPLACE deletes without a trigger, PostgreSQL's TRUNCATE by rows not."""

from typing import Any

from django.db import migrations

TABLE = "sessions_app_auditentry"

SQLITE = f"""
    CREATE TRIGGER audit_cannot_be_replaced BEFORE INSERT ON {TABLE}
    WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'An audit entry cannot be changed.'); END
"""
POSTGRESQL = [
    # An empty table may be emptied: `flush` of a new installation, and between tests.
    f"""
    CREATE FUNCTION linnet_audit_is_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM {TABLE}) THEN
            RAISE EXCEPTION 'Audit entries cannot be changed or deleted.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION linnet_audit_is_not_emptied()
    """,
]
POSTGRESQL_BACK = [
    f"DROP TRIGGER audit_is_not_emptied ON {TABLE}",
    "DROP FUNCTION linnet_audit_is_not_emptied()",
]


def guard(apps: Any, schema_editor: Any) -> None:
    for statement in [SQLITE] if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def unguard(apps: Any, schema_editor: Any) -> None:
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in ["DROP TRIGGER audit_cannot_be_replaced"] if is_sqlite else POSTGRESQL_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0007_phrases_in_postgresql")]

    operations = [migrations.RunPython(guard, unguard, elidable=False)]
