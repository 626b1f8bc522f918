from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('converse', '0002_audiences'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='message',
            name='body_before',
        ),
    ]
