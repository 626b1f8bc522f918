"""Full-text search over lines, replies and the heads of conversations, as posts have it since 0005."""

from django.db import migrations

# Columns are texts that never are NULL.
INDEXED = {
    "converse_message": ("body",),
    "converse_reply": ("words",),
    "converse_conversation": ("title", "question", "purpose"),
}


def sqlite_triggers(table, columns):
    names = ", ".join(columns)
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    words = f"{table}_words"
    add = f"INSERT INTO {words}(rowid, {names}) VALUES (new.id, {new})"
    remove = f"INSERT INTO {words}({words}, rowid, {names}) VALUES ('delete', old.id, {old})"
    return [
        f"CREATE TRIGGER {words}_added AFTER INSERT ON {table} BEGIN {add}; END",
        f"CREATE TRIGGER {words}_removed AFTER DELETE ON {table} BEGIN {remove}; END",
        f"CREATE TRIGGER {words}_changed AFTER UPDATE OF {names} ON {table} BEGIN {remove}; {add}; END",
    ]


def _sqlite(table, columns):
    # External content: the words are indexed, the texts stay in their own table only.
    return [
        f"""CREATE VIRTUAL TABLE {table}_words USING fts5({", ".join(columns)}, content='{table}',
            content_rowid='id', tokenize='unicode61 remove_diacritics 2')""",
        f"INSERT INTO {table}_words({table}_words) VALUES ('rebuild')",
        *sqlite_triggers(table, columns),
    ]


def _postgresql(table, columns):
    # Signs become blanks first: PostgreSQL would read "WO-1234" as the word "wo" and the number -1234.
    text = " || ' ' || ".join(columns)
    return [
        f"""ALTER TABLE {table} ADD COLUMN found_by tsvector GENERATED ALWAYS AS
            (to_tsvector('simple', regexp_replace({text}, '[^[:alnum:]]+', ' ', 'g'))) STORED""",
        f"CREATE INDEX {table}_words ON {table} USING gin (found_by)",
    ]


def add_search(apps, schema_editor, indexed=INDEXED):
    make = {"sqlite": _sqlite, "postgresql": _postgresql}[schema_editor.connection.vendor]
    for table, columns in indexed.items():
        for statement in make(table, columns):
            schema_editor.execute(statement)


def remove_search(apps, schema_editor, indexed=INDEXED):
    for table in indexed:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE {table} DROP COLUMN found_by")
            continue
        for what in ("added", "removed", "changed"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_words_{what}")
        schema_editor.execute(f"DROP TABLE {table}_words")


class Migration(migrations.Migration):
    dependencies = [("converse", "0005_post_search")]
    operations = [migrations.RunPython(add_search, remove_search)]
