"""Until when a talk is parked, and why a resting one was closed. SQLite remakes converse_conversation for it, which
drops the triggers of its search index, so they are made again at the end."""

from importlib import import_module

from django.db import migrations, models


def make_triggers_again(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        search = import_module("interlock.converse.migrations.0006_search")
        table = "converse_conversation"
        for statement in search.sqlite_triggers(table, search.INDEXED[table]):
            schema_editor.execute(statement.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS"))


class Migration(migrations.Migration):

    dependencies = [
        ('converse', '0010_promises'),
    ]

    operations = [
        migrations.AddField(
            model_name='conversation',
            name='closed_reason',
            field=models.CharField(blank=True, help_text='why a resting talk was closed without being acted on', max_length=500),
        ),
        migrations.AddField(
            model_name='conversation',
            name='parked_until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.RunPython(make_triggers_again, migrations.RunPython.noop),
    ]
