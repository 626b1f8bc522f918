"""Addresses of converse."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "converse"
urlpatterns: list[URLPattern] = []
