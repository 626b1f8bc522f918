"""Clocks know the kind and source of their signal, so that the queue is narrowed by walking one index."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fabric', '0004_live'),
        ('listen', '0006_live'),
    ]

    operations = [
        # No clock exists yet: nothing made any before this.
        migrations.AddField(model_name='clock', name='kind', field=models.CharField(max_length=20)),
        migrations.AddField(model_name='clock', name='source', field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='listen.source')),
        migrations.AddField(model_name='clock', name='reminded_at', field=models.DateTimeField(blank=True, help_text='when the owner was reminded', null=True)),
        migrations.RemoveIndex(model_name='clock', name='clock_queue'),
        migrations.AddIndex(model_name='clock', index=models.Index(condition=models.Q(('stopped_at', None)), fields=['-urgency', 'due_at', 'id', 'owner', 'kind', 'source'], name='clock_queue')),
        migrations.AddIndex(model_name='clock', index=models.Index(condition=models.Q(('stopped_at', None)), fields=['escalated_to', 'due_at'], name='clock_stand_in')),
        migrations.AddIndex(model_name='clock', index=models.Index(fields=['due_at', 'stopped_at', 'stage'], name='clock_in_time')),
    ]
