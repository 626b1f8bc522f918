"""Names the room to Django."""

from django.apps import AppConfig


class ReconnectConfig(AppConfig):
    name = "interlock.reconnect"
    label = "reconnect"
