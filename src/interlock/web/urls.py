"""Addresses of the shell: Today, people, health, errors."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.web import gallery, today, views

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", today.today, name="today"),
    path("more/", views.more, name="more"),
    path("theme/", views.theme, name="theme"),
    path("shortcuts/", views.shortcuts, name="shortcuts"),
    path("gallery/", gallery.gallery, name="gallery"),
]
