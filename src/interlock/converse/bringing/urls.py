"""Addresses of imports of other communities; they stand in front of the community's, whose last one is any board."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.converse.bringing import views

urlpatterns: list[URLPattern] = [
    path("community/settings/imports/", views.bringings, name="bringings"),
    path("community/settings/imports/<int:bringing_id>/", views.bringing, name="bringing"),
    path("community/settings/imports/<int:bringing_id>/moving/", views.moving, name="bringing_moving"),
    path("community/settings/imports/<int:bringing_id>/bring/", views.bring, name="bring"),
    path("community/settings/imports/<int:bringing_id>/undo/", views.undo, name="undo_bringing"),
    path("community/settings/imports/<int:bringing_id>/refused.csv", views.refused, name="bringing_refused"),
]
