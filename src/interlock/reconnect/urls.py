"""Addresses of reconnect."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "reconnect"
urlpatterns: list[URLPattern] = []
