"""A new database in a process of its own: by the short path, or as an installation of before that goes on."""

import json
import sys

import django

TABLES = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
POSTGRESQL = {  # what a thing is called and what it is; the columns of a table may stand in another order
    "column": """SELECT table_name || '.' || column_name, concat_ws(' ', data_type, character_maximum_length, is_nullable,
                 column_default, is_identity) FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraint": """SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
                     WHERE connamespace = 'public'::regnamespace""",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "function": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}


def parts(sql: str) -> list[str]:
    """A CREATE TABLE of SQLite cut at the commas of its outermost brackets, in alphabetical order; all else as it is."""
    if not sql.startswith("CREATE TABLE"):
        return [sql]
    head, _, body = " ".join(sql.split()).removesuffix(")").partition("(")
    depth, found = 0, [head]
    for piece in body.split(","):
        if depth:
            found[-1] += f",{piece}"
        else:
            found.append(piece.strip())
        depth += piece.count("(") - piece.count(")")
    return sorted(found)


def main(stop: str) -> None:
    """Stop at the `first` or `last` migration of each app as an installation of before, and go on; `no` stops nowhere."""
    django.setup()

    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    short = [migration for migration in executor.loader.disk_migrations.values() if migration.replaces]
    if stop != "no":
        executor.loader.replace_migrations = False
        executor.loader.build_graph()
        executor.migrate([migration.replaces[0 if stop == "first" else -1] for migration in short])
    before = MigrationExecutor(connection)
    plan = before.migration_plan(before.loader.graph.leaf_nodes())
    call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(TABLES)
            schema = {name: parts(sql) for name, sql in cursor.fetchall()}
        else:
            schema = {}
            for kind, query in POSTGRESQL.items():
                cursor.execute(query)
                schema |= {f"{kind} {name}": what for name, what in cursor.fetchall()}
        rows = {}
        for table in set(connection.introspection.table_names()) - {"django_migrations"}:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            rows[table] = cursor.fetchone()[0]
    named = {migration.app_label: migration.name for migration in short}
    own = [migration.name for migration, _ in plan if migration.app_label in named]
    print(json.dumps({"schema": schema, "rows": rows, "to_do": own, "short": list(named.values())}))


if __name__ == "__main__":
    main(sys.argv[1])
