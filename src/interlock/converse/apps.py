"""Names the room to Django."""

from django.apps import AppConfig


class ConverseConfig(AppConfig):
    name = "interlock.converse"
    label = "converse"
