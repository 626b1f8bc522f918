"""Addresses of the shell: Today, people, the frame's own small forms."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.web import context_page, gallery, live, people, search, views, work_page
from interlock.web.themes import belonging, changes, listing, page, talking

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", views.front, name="today"),
    path("context/", context_page.context, name="context"),
    path("more/", views.more, name="more"),
    path("search/", search.search, name="search"),
    path("live/", live.live, name="live"),
    path("theme/", views.theme, name="theme"),
    path("shortcuts/", views.shortcuts, name="shortcuts"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("welcome/<str:token>/", people.welcome, name="welcome"),
    path("signals/themes/", listing.themes, name="themes"),
    path("signals/themes/rows.csv", listing.themes_csv, name="themes_csv"),
    path("signals/themes/changes/<int:change_id>/undo/", changes.undo_change, name="undo_theme_change"),
    path("signals/themes/<slug:key>/", page.one_theme, name="one_theme"),
    path("signals/themes/<slug:key>/talk/", talking.talk, name="talk_about_theme"),
    path("signals/themes/<slug:key>/decision/", changes.decision, name="theme_decision"),
    path("signals/themes/<slug:key>/<slug:what>/", changes.change, name="change_theme"),
    path("signals/<int:signal_id>/theme/", belonging.place, name="place_signal"),
    path("work/", work_page.work, name="work"),
    path("work/<int:attempt_id>/again/", work_page.try_again, name="work_again"),
    path("work/<int:attempt_id>/drop/", work_page.drop, name="work_drop"),
    path("people/", people.people_list, name="people"),
    path("people/<int:person_id>/", people.person_page, name="person"),
    path("people/<int:person_id>/away/", people.away, name="away"),
    path("people/<int:person_id>/renew/", people.renew, name="renew"),
    path("people/<int:person_id>/end/", people.end_access, name="end_access"),
]
