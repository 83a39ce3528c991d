"""The log holds its own line: no event is changed or deleted, whatever the code above tries."""

WORDS = "The log of acts is append-only."
EVENTS = {"audit_no_delete": "DELETE", "audit_no_change": "UPDATE"}
FUNCTION = f"""
    CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'integrity_constraint_violation'; END $$"""


def install(apps, schema_editor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION)
        body = "FOR EACH ROW EXECUTE FUNCTION audit_guard()"
    else:
        body = f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    for name, act in EVENTS.items():
        schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {act} ON kit_auditevent {body}")


def remove(apps, schema_editor) -> None:
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for name in EVENTS:
        schema_editor.execute(f"DROP TRIGGER {name}{' ON kit_auditevent' if is_postgresql else ''}")
    if is_postgresql:
        schema_editor.execute("DROP FUNCTION audit_guard()")
