"""Names the room to Django."""

from django.apps import AppConfig


class FabricConfig(AppConfig):
    name = "interlock.fabric"
    label = "fabric"
