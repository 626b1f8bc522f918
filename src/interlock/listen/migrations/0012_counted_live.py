"""What came in since signals were counted is counted by pages; who waits with a customer is found at once."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('listen', '0011_themes'),
    ]

    operations = [
        migrations.AddField(
            model_name='signalscopied',
            name='at',
            field=models.DateTimeField(help_text='when they were counted', null=True),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('stopped_at', None)), fields=['customer', 'opened_at', 'id'], name='clock_of_customer_runs'),
        ),
        migrations.AddIndex(
            model_name='signal',
            index=models.Index(condition=models.Q(('in_records', False)), fields=['received_at', 'occurred_at', 'rating_share', 'answered'], name='signal_live'),
        ),
    ]
