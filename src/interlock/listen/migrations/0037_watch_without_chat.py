"""Apart from 0036: PostgreSQL alters no table of which rows were deleted in the same transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listen", "0036_watch_tells_chats")]

    operations = [
        migrations.RemoveField("outcrywatch", "webhook"),
        migrations.RemoveField("outcrywatch", "chat_kind"),
        migrations.AlterField("notice", "to", models.CharField(max_length=320)),
    ]
