"""Let a large copying of signals index their words once at its end, instead of row by row."""

from django.db import migrations, models

COLUMNS = "key, title, body, reason, account_key, account_label, product_key, product_label, order_key"
_NEW = ", ".join(f"new.{name.strip()}" for name in COLUMNS.split(","))
_OLD = ", ".join(f"old.{name.strip()}" for name in COLUMNS.split(","))
_REMOVE = f"""INSERT INTO listen_signal_words(listen_signal_words, rowid, {COLUMNS})
              VALUES ('delete', old.id, {_OLD});"""
_ADD = f"INSERT INTO listen_signal_words(rowid, {COLUMNS}) VALUES (new.id, {_NEW});"
_WHEN = "WHEN NOT EXISTS (SELECT 1 FROM listen_signalscopied WHERE id = 1 AND words_behind)"
EVENTS = {
    "added": ("AFTER INSERT", _ADD),
    "removed": ("AFTER DELETE", _REMOVE),
    "changed": (f"AFTER UPDATE OF {COLUMNS}", _REMOVE + _ADD),
}


def _make_triggers(schema_editor, condition):
    if schema_editor.connection.vendor != "sqlite":
        return
    for name, (event, body) in EVENTS.items():
        schema_editor.execute(f"DROP TRIGGER listen_signal_words_{name}")
        schema_editor.execute(
            f"CREATE TRIGGER listen_signal_words_{name} {event} ON listen_signal {condition} BEGIN {body} END"
        )


def with_condition(apps, schema_editor):
    _make_triggers(schema_editor, _WHEN)


def without_condition(apps, schema_editor):
    _make_triggers(schema_editor, "")


class Migration(migrations.Migration):
    dependencies = [("listen", "0003_recent_counts")]
    operations = [
        migrations.AddField("signalscopied", "words_behind", models.BooleanField(
                default=False, help_text="the search index is rebuilt when copying ends"
            )),
        migrations.RunPython(with_condition, without_condition),
    ]
