"""Addresses of the widget: its script, what it asks and sends, and its settings."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.converse.widget import views

app_name = "widget"
urlpatterns: list[URLPattern] = [
    path("community/widget.js", views.script, name="script"),
    path("community/widget/", views.panel, name="panel"),
    path("community/widget/mine/", views.mine, name="mine"),
    path("community/settings/widget/", views.settings_page, name="settings"),
    path("community/settings/widget/key/", views.new_key, name="new_key"),
]
