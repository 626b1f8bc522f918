"""Addresses about mails to people, and about the chats of functions."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.converse.by_mail.views import replies
from interlock.converse.chats import views as chats
from interlock.converse.notices import views

app_name = "notices"
urlpatterns: list[URLPattern] = [
    path("notices/", views.choices, name="choices"),
    path("notices/replies/", replies, name="replies"),
    path("notices/chats/", chats.chats, name="chats"),
    path("notices/chats/<int:chat_id>/", chats.chat, name="chat"),
    path("notices/chats/<int:chat_id>/<slug:what>/", chats.act_on_chat, name="act_on_chat"),
    path("notices/calendar/", views.change_calendar, name="change_calendar"),
    path("notices/calendar/<str:signed>.ics", views.calendar_file, name="calendar"),
    path("notices/stop/<str:signed>/", views.stop, name="stop"),
]
