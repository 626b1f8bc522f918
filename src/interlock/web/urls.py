"""Addresses of the shell: Today, people, health, errors."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.web import views

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", views.today, name="today"),
]
