"""Addresses for programs, and the pages about them."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.api.views import hooks, keys, signals, status

app_name = "api"
urlpatterns: list[URLPattern] = [
    path("api/v1/signals", signals.signals, name="signals"),
    path("api/v1/signals/<path:signal_id>", signals.signal, name="signal"),
    path("api/v1/openapi.json", status.description_json, name="description"),
    path("api/v1/status", status.status_json, name="status_json"),
    path("status/", status.status_page, name="status"),
    path("status/<int:source_id>/refused.csv", status.refused, name="refused"),
    path("sources/keys/", keys.keys, name="keys"),
    path("sources/keys/<int:token_id>/revoke/", keys.revoke, name="revoke"),
    path("sources/webhooks/", keys.webhook, name="webhook"),
    path("sources/webhooks/<int:source_id>/secret/", keys.secret, name="secret"),
    path("sources/webhooks/<int:source_id>/fields/", keys.fields, name="fields"),
    path("hooks/<slug:source_key>/", hooks.hook, name="hook"),
    path("api/<path:rest>", signals.unknown, name="unknown"),
]
