"""The watch's own chat becomes one of the chats that hear of alarms; what waited for it waits there."""

from urllib.parse import urlsplit

from django.db import migrations
from django.utils import timezone

from interlock.connectors import chats
from interlock.fabric.secrets import SealBroken, opened


def move(apps, _schema):
    watch = apps.get_model("listen", "OutcryWatch").objects.exclude(webhook="").first()
    notices = apps.get_model("listen", "Notice").objects.filter(to="")
    if watch:
        try:
            address = opened(watch.webhook)
        except SealBroken:  # it says so itself as soon as it is told something
            address = ""
        chat = apps.get_model("fabric", "Chat").objects.create(
            name="Outcry alarms",
            address=watch.webhook,
            host=(urlsplit(address).hostname or "")[:255],
            form=watch.chat_kind or chats.kind_of(address),
            hears=["alarm"],
            made_by=watch.set_by,
            made_at=watch.set_at or timezone.now(),
        )
        said = apps.get_model("fabric", "ChatNotice")
        for one in notices.filter(state="waiting"):
            for alarm in one.alarms.values_list("pk", flat=True):
                said.objects.create(
                    chat=chat, topic="alarm", key=f"{alarm}-{one.at:%Y%m%d%H%M}", at=one.at, state="waiting"
                )
    notices.delete()


class Migration(migrations.Migration):
    dependencies = [("fabric", "0011_chats"), ("listen", "0035_chat_kind")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
