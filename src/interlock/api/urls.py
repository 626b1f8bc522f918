"""Addresses for programs, and the pages about them."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.api.views import hooks, signals

app_name = "api"
urlpatterns: list[URLPattern] = [
    path("api/v1/signals", signals.signals, name="signals"),
    path("api/v1/signals/<path:signal_id>", signals.signal, name="signal"),
    path("hooks/<slug:source_key>/", hooks.hook, name="hook"),
    path("api/<path:rest>", signals.unknown, name="unknown"),
]
