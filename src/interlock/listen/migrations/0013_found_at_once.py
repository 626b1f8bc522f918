"""Reasons of refusals are counted along an index; PostgreSQL knows more words, so that it looks rare ones up."""

import django.db.models.deletion
from django.db import migrations, models


# The 1,000 most frequent words were known, and of any other 1,900 hits among a million signals expected: PostgreSQL
# then walked 130,000 signals for a word in 190. With 5,000 known it expects a tenth and looks them up.
KNOWN = "ALTER TABLE listen_signal ALTER COLUMN words SET STATISTICS %d"


def know_more_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(KNOWN % 500)


def know_fewer_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(KNOWN % -1)


class Migration(migrations.Migration):

    dependencies = [
        ('listen', '0012_counted_live'),
    ]

    operations = [
        migrations.AlterField(
            model_name='refusedrow',
            name='arrival',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='refusals', to='listen.arrival'),
        ),
        migrations.AddIndex(
            model_name='refusedrow',
            index=models.Index(fields=['arrival', 'reason'], name='refused_why'),
        ),
        migrations.RunPython(know_more_words, know_fewer_words),
    ]
