"""Indexes by which the queue is read: one walk for any filter, and nothing twice."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fabric', '0004_live'),
        ('listen', '0008_live_imports'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='clock',
            name='clock_owner',
        ),
        migrations.RemoveIndex(
            model_name='clock',
            name='clock_queue',
        ),
        migrations.RemoveIndex(
            model_name='clock',
            name='clock_stand_in',
        ),
        migrations.AlterField(
            model_name='clock',
            name='escalated_to',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person'),
        ),
        migrations.AlterField(
            model_name='clock',
            name='owner',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='fabric.person'),
        ),
        migrations.AddIndex(
            model_name='answer',
            index=models.Index(condition=models.Q(('state__in', ['doubtful', 'failed', 'by_hand'])), fields=['made_at'], name='answer_to_settle'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('stopped_at', None)), fields=['-urgency', 'due_at', 'id', 'owner', 'escalated_to', 'kind', 'source', 'stopped_at'], name='clock_queue'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['kind', '-closed_at'], name='clock_closed'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('stage__in', ['answered', 'acted'])), fields=['stopped_at'], name='clock_quiet'),
        ),
    ]
