"""Names the room to Django."""

from django.apps import AppConfig


class ListenConfig(AppConfig):
    name = "interlock.listen"
    label = "listen"
