from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "sessions_app_auditentry"

# Row triggers: they hold for whoever writes SQL too. Only the actor may become unknown, when his account goes.
# Django makes a SQLite table anew when it changes its columns: such a migration has to make the triggers anew as well.
SQLITE = [
    f"""
    CREATE TRIGGER audit_cannot_change BEFORE UPDATE ON {TABLE}
    WHEN NEW.actor_id IS NOT NULL
        OR NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.actor_name IS NOT OLD.actor_name
        OR NEW.action IS NOT OLD.action OR NEW.session_id IS NOT OLD.session_id OR NEW.detail IS NOT OLD.detail
    BEGIN SELECT RAISE(ABORT, 'An audit entry cannot be changed.'); END
    """,
    f"""
    CREATE TRIGGER audit_cannot_go BEFORE DELETE ON {TABLE}
    BEGIN SELECT RAISE(ABORT, 'An audit entry cannot be deleted.'); END
    """,
]
SQLITE_BACK = ["DROP TRIGGER audit_cannot_change", "DROP TRIGGER audit_cannot_go"]
POSTGRESQL = [
    """
    CREATE FUNCTION linnet_audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL
            AND (NEW.id, NEW.at, NEW.actor_name, NEW.action, NEW.session_id, NEW.detail)
                IS NOT DISTINCT FROM (OLD.id, OLD.at, OLD.actor_name, OLD.action, OLD.session_id, OLD.detail)
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'An audit entry cannot be changed or deleted.'
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    f"""
    CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION linnet_audit_stands()
    """,
]
POSTGRESQL_BACK = [f"DROP TRIGGER audit_stands ON {TABLE}", "DROP FUNCTION linnet_audit_stands()"]


def guard_audit(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def unguard_audit(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in SQLITE_BACK if schema_editor.connection.vendor == "sqlite" else POSTGRESQL_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ("sessions_app", "0003_history_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="event",
            options={"ordering": ["session", "seq"], "permissions": [("reveal_event", "Can reveal what was said")]},
        ),
        migrations.AlterModelOptions(name="jobrun", options={"verbose_name": "job", "verbose_name_plural": "health"}),
        migrations.AddField(
            model_name="profile",
            name="leaving_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(condition=models.Q(("kind", "gap")), fields=["session"], name="gaps_of_session"),
        ),
        migrations.AddIndex(
            model_name="voicesession",
            index=models.Index(fields=["-created_at", "-id"], name="newest_sessions"),
        ),
        migrations.AddIndex(
            model_name="voicesession",
            index=models.Index(
                condition=models.Q(("forget_at_end", True)), fields=["ended_at"], name="forgotten_at_end"
            ),
        ),
        migrations.RunPython(guard_audit, unguard_audit),
    ]
