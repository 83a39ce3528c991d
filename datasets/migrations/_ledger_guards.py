"""The ledger of looks holds its own line: no row is deleted, no answered one changes, whatever the code above tries.

Looks of demo projects are exempt, so that the demo organisation can be removed.
"""

FROZEN = ("test_set_id", "project_id", "team_id", "user_id", "spent_at", "idempotency_key", "predictions_digest")
WORDS = "The ledger of looks is append-only."

IS_REAL = "NOT EXISTS (SELECT 1 FROM projects_project WHERE id = OLD.project_id AND is_demo)"
IS_CHANGED = "OLD.state <> 'spent' OR " + " OR ".join(f"NEW.{name} <> OLD.{name}" for name in FROZEN)

SQLITE = {
    "look_no_delete": f"""
        CREATE TRIGGER look_no_delete BEFORE DELETE ON datasets_look WHEN {IS_REAL}
        BEGIN SELECT RAISE(ABORT, '{WORDS}'); END""",
    "look_no_change": f"""
        CREATE TRIGGER look_no_change BEFORE UPDATE ON datasets_look WHEN {IS_REAL} AND ({IS_CHANGED})
        BEGIN SELECT RAISE(ABORT, '{WORDS}'); END""",
}
POSTGRESQL_FUNCTION = f"""
    CREATE FUNCTION look_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {IS_REAL} THEN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'integrity_constraint_violation';
            ELSIF {IS_CHANGED} THEN
                RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$"""
POSTGRESQL = {
    name: f"CREATE TRIGGER {name} BEFORE {event} ON datasets_look FOR EACH ROW EXECUTE FUNCTION look_guard()"
    for name, event in (("look_no_delete", "DELETE"), ("look_no_change", "UPDATE"))
}


def install(apps, schema_editor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        triggers = SQLITE
    elif schema_editor.connection.vendor == "postgresql":
        triggers = POSTGRESQL
        schema_editor.execute(POSTGRESQL_FUNCTION)
    else:
        raise NotImplementedError("dlstart keeps its ledger in SQLite or PostgreSQL.")
    for statement in triggers.values():
        schema_editor.execute(statement)


def remove(apps, schema_editor) -> None:
    on_table = " ON datasets_look" if schema_editor.connection.vendor == "postgresql" else ""
    for name in SQLITE:
        schema_editor.execute(f"DROP TRIGGER {name}{on_table}")
    if on_table:
        schema_editor.execute("DROP FUNCTION look_guard()")
