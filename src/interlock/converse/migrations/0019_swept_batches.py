"""What a sweep took out is kept in batches, so that a flood does not stand in one cell."""

import django.db.models.deletion
from django.db import migrations, models


def into_batches(apps, schema_editor):
    batch = apps.get_model("converse", "SweptBatch")
    for one in apps.get_model("converse", "Sweep").objects.exclude(removed={}).iterator():
        if one.undone_at is None:
            batch.objects.create(sweep=one, removed=one.removed, rows=sum(map(len, one.removed.values())))
    apps.get_model("converse", "Sweep").objects.update(ended_at=models.F("at"))
    look_at_keys(schema_editor)


def out_of_batches(apps, schema_editor):
    for one in apps.get_model("converse", "Sweep").objects.iterator():
        for batch in one.batches.order_by("pk"):
            for name, rows in batch.removed.items():
                one.removed.setdefault(name, []).extend(rows)
        one.save()
    look_at_keys(schema_editor)


def look_at_keys(schema_editor):
    """PostgreSQL alters no table that has rows with foreign keys to look at in the same transaction: let it look now."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [("converse", "0018_exhibits")]

    operations = [
        migrations.CreateModel(
            name="SweptBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("removed", models.JSONField(default=dict)),
                ("rows", models.PositiveIntegerField(default=0)),
                (
                    "sweep",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="batches", to="converse.sweep"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="sweep",
            name="ended_at",
            field=models.DateTimeField(
                blank=True, help_text="empty: the rest goes in the background", null=True
            ),
        ),
        migrations.RunPython(into_batches, out_of_batches),
        migrations.RemoveField(model_name="sweep", name="removed"),
    ]
