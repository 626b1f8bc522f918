"""Django's name for the room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "interlock.api"
    default_auto_field = "django.db.models.BigAutoField"
