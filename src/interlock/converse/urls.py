"""Addresses of converse."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.converse import views

app_name = "converse"
urlpatterns: list[URLPattern] = [
    path("conversations/", views.conversations, name="conversations"),
    path("conversations/<int:conversation_id>/", views.conversation, name="conversation"),
    path("conversations/<int:conversation_id>/say/", views.say, name="say"),
    path("conversations/<int:conversation_id>/decide/", views.decide, name="decide"),
    path("conversations/<int:conversation_id>/commit/", views.commit, name="commit"),
    path("conversations/<int:conversation_id>/close/", views.close, name="close"),
    path("conversations/<int:conversation_id>/park/", views.park, name="park"),
    path("conversations/<int:conversation_id>/resume/", views.resume, name="resume"),
    path("conversations/<int:conversation_id>/evidence.csv", views.evidence_file, name="evidence_file"),
    path("conversations/<int:conversation_id>/evidence/", views.check_evidence, name="check_evidence"),
    path("commitments/<int:commitment_id>/settle/", views.settle, name="settle"),
    path("messages/<int:message_id>/edit/", views.edit, name="edit_message"),
    path("messages/<int:message_id>/undo/", views.undo_edit, name="undo_edit"),
    path("messages/<int:message_id>/remove/", views.remove, name="remove_message"),
    path("messages/<int:message_id>/restore/", views.restore, name="restore_message"),
]
