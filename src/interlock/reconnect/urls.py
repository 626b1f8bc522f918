"""Addresses of reconnect."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.reconnect import views

app_name = "reconnect"
urlpatterns: list[URLPattern] = [
    path("disconnects/", views.disconnects, name="disconnects"),
    path("disconnects/<int:disconnect_id>/", views.disconnect, name="disconnect"),
    path("disconnects/<int:disconnect_id>/rows/<slug:selection>/", views.rows, name="rows"),
    path("disconnects/<int:disconnect_id>/rows/<slug:selection>.csv", views.rows_file, name="rows_file"),
    path("disconnects/<int:disconnect_id>/judge/", views.judge, name="judge"),
    path("disconnects/<int:disconnect_id>/judge/undo/", views.undo_judgement, name="undo_judgement"),
    path("disconnects/<int:disconnect_id>/dismiss/", views.dismiss, name="dismiss"),
    path("disconnects/<int:disconnect_id>/dismiss/undo/", views.undo_dismissal, name="undo_dismissal"),
    path("disconnects/<int:disconnect_id>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("disconnects/<int:disconnect_id>/safety/", views.safety, name="safety"),
    path("disconnects/<int:disconnect_id>/together/", views.together, name="together"),
    path("disconnects/<int:disconnect_id>/invite/", views.invite, name="invite"),
    path("drivers/", views.drivers, name="drivers"),
]
