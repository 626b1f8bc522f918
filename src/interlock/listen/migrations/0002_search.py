"""Full-text search over signals: FTS5 kept by triggers on SQLite, a stored tsvector on PostgreSQL."""

from django.db import migrations

COLUMNS = "key, title, body, reason, account_key, account_label, product_key, product_label, order_key"
_NEW = ", ".join(f"new.{name.strip()}" for name in COLUMNS.split(","))
_OLD = ", ".join(f"old.{name.strip()}" for name in COLUMNS.split(","))

SQLITE = [
    # External content: the words are indexed, the texts stay in listen_signal only.
    f"""CREATE VIRTUAL TABLE listen_signal_words USING fts5(
        {COLUMNS}, content='listen_signal', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2')""",
    f"""CREATE TRIGGER listen_signal_words_added AFTER INSERT ON listen_signal BEGIN
        INSERT INTO listen_signal_words(rowid, {COLUMNS}) VALUES (new.id, {_NEW}); END""",
    f"""CREATE TRIGGER listen_signal_words_removed AFTER DELETE ON listen_signal BEGIN
        INSERT INTO listen_signal_words(listen_signal_words, rowid, {COLUMNS})
        VALUES ('delete', old.id, {_OLD}); END""",
    f"""CREATE TRIGGER listen_signal_words_changed AFTER UPDATE OF {COLUMNS} ON listen_signal BEGIN
        INSERT INTO listen_signal_words(listen_signal_words, rowid, {COLUMNS})
        VALUES ('delete', old.id, {_OLD});
        INSERT INTO listen_signal_words(rowid, {COLUMNS}) VALUES (new.id, {_NEW}); END""",
]
# A tsvector holds at most 1 MB; 100,000 letters of one body are searched, all of them are kept. Signs become
# blanks first: PostgreSQL would read "WO-1234" as the word "wo" and the number -1234, FTS5 as "wo" and "1234".
_TEXT = " || ' ' || ".join(f"left({name.strip()}, 100000)" for name in COLUMNS.split(","))
POSTGRESQL = [
    f"""ALTER TABLE listen_signal ADD COLUMN words tsvector
        GENERATED ALWAYS AS
        (to_tsvector('simple', regexp_replace({_TEXT}, '[^[:alnum:]]+', ' ', 'g'))) STORED""",
    "CREATE INDEX signal_words ON listen_signal USING gin (words)",
]
REMOVAL = {
    "sqlite": [
        "DROP TRIGGER listen_signal_words_added",
        "DROP TRIGGER listen_signal_words_removed",
        "DROP TRIGGER listen_signal_words_changed",
        "DROP TABLE listen_signal_words",
    ],
    "postgresql": ["ALTER TABLE listen_signal DROP COLUMN words"],
}


def add_search(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def remove_search(apps, schema_editor):
    for statement in REMOVAL[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("listen", "0001_initial")]
    operations = [migrations.RunPython(add_search, remove_search)]
