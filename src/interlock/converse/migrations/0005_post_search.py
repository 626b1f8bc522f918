"""The first statuses, and full-text search over posts: FTS5 kept by triggers on SQLite, a stored tsvector on PostgreSQL."""

from django.db import migrations

STATUSES = [
    ("open", "Open", "open", ["ask", "problem", "idea"]),
    ("heard", "Heard", "open", ["praise"]),
    ("looked-at", "Looked at", "considered", ["idea", "problem"]),
    ("planned", "Planned", "planned", ["idea", "problem"]),
    ("answered", "Answered", "done", ["ask"]),
    ("passed-on", "Passed on", "done", ["praise"]),
    ("done", "Done", "done", ["idea"]),
    ("solved", "Solved", "done", ["problem"]),
    ("not-done", "Not done", "declined", ["idea", "problem"]),
]
COLUMNS = "title, words"
_NEW, _OLD = "new.title, new.words", "old.title, old.words"
SQLITE = [
    # External content: the words are indexed, the texts stay in converse_post only.
    f"""CREATE VIRTUAL TABLE converse_post_words USING fts5(
        {COLUMNS}, content='converse_post', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2')""",
    f"""CREATE TRIGGER converse_post_words_added AFTER INSERT ON converse_post BEGIN
        INSERT INTO converse_post_words(rowid, {COLUMNS}) VALUES (new.id, {_NEW}); END""",
    f"""CREATE TRIGGER converse_post_words_removed AFTER DELETE ON converse_post BEGIN
        INSERT INTO converse_post_words(converse_post_words, rowid, {COLUMNS})
        VALUES ('delete', old.id, {_OLD}); END""",
    f"""CREATE TRIGGER converse_post_words_changed AFTER UPDATE OF {COLUMNS} ON converse_post BEGIN
        INSERT INTO converse_post_words(converse_post_words, rowid, {COLUMNS})
        VALUES ('delete', old.id, {_OLD});
        INSERT INTO converse_post_words(rowid, {COLUMNS}) VALUES (new.id, {_NEW}); END""",
]
# Signs become blanks first: PostgreSQL would read "WO-1234" as the word "wo" and the number -1234.
POSTGRESQL = [
    """ALTER TABLE converse_post ADD COLUMN found_by tsvector GENERATED ALWAYS AS
        (to_tsvector('simple', regexp_replace(title || ' ' || words, '[^[:alnum:]]+', ' ', 'g'))) STORED""",
    "CREATE INDEX post_words ON converse_post USING gin (found_by)",
]
REMOVAL = {
    "sqlite": [
        "DROP TRIGGER converse_post_words_added",
        "DROP TRIGGER converse_post_words_removed",
        "DROP TRIGGER converse_post_words_changed",
        "DROP TABLE converse_post_words",
    ],
    "postgresql": ["ALTER TABLE converse_post DROP COLUMN found_by"],
}


def add_search(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def remove_search(apps, schema_editor):
    for statement in REMOVAL[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def add_statuses(apps, schema_editor):
    status = apps.get_model("converse", "Status")
    for place, (key, name, meaning, kinds) in enumerate(STATUSES):
        status.objects.create(key=key, name=name, meaning=meaning, kinds=kinds, place=place)


class Migration(migrations.Migration):
    dependencies = [("converse", "0004_community")]
    operations = [
        migrations.RunPython(add_search, remove_search),
        migrations.RunPython(add_statuses, migrations.RunPython.noop),
    ]
