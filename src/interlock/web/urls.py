"""Addresses of the shell: Today, people, the frame's own small forms."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.web import context_page, gallery, live, sign_in, views, work_page
from interlock.web.directory import inviting, joining, organisation, profile, sign_on
from interlock.web.directory import listing as people_list
from interlock.web.outcries import acting, heard
from interlock.web.outcries import listing as alarm_list
from interlock.web.outcries import page as alarm_page
from interlock.web.outcries import talking as alarm_talking
from interlock.web.outcries import watching as alarm_watch
from interlock.web.searching import page as searching
from interlock.web.themes import answering, belonging, changes, feed, listing, names_page, page, talking

app_name = "web"
urlpatterns: list[URLPattern] = [
    *(path(f"account/{place}", sign_in.by_no_mail, name="by_no_mail") for place in sign_in.BY_MAIL),
    path("", views.front, name="today"),
    path("context/", context_page.context, name="context"),
    path("more/", views.more, name="more"),
    path("search/", searching.search, name="search"),
    path("live/", live.live, name="live"),
    path("theme/", views.theme, name="theme"),
    path("shortcuts/", views.shortcuts, name="shortcuts"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("welcome/<str:token>/", joining.welcome, name="welcome"),
    path("signals/themes/", listing.themes, name="themes"),
    path("signals/themes/rows.csv", listing.themes_csv, name="themes_csv"),
    path("signals/themes/names/", names_page.theme_names, name="theme_names"),
    path("signals/themes/names/try/", names_page.try_model, name="try_theme_names"),
    path("signals/themes/changes/<int:change_id>/undo/", changes.undo_change, name="undo_theme_change"),
    path("signals/themes/<slug:key>/", page.one_theme, name="one_theme"),
    path("signals/themes/<slug:key>/feed/<str:signed>.atom", feed.theme_feed, name="theme_feed"),
    path("signals/themes/<slug:key>/talk/", talking.talk, name="talk_about_theme"),
    path("signals/themes/<slug:key>/answer/", answering.answer_all, name="answer_theme"),
    path("signals/rounds/<int:round_id>/", answering.answer_round, name="answer_round"),
    path("signals/rounds/<int:round_id>/undo/", answering.take_round_back, name="take_round_back"),
    path("signals/themes/<slug:key>/decision/", changes.decision, name="theme_decision"),
    path("signals/themes/<slug:key>/decision/made/", changes.decide, name="decide_theme"),
    path("signals/themes/<slug:key>/<slug:what>/", changes.change, name="change_theme"),
    path("signals/<int:signal_id>/theme/", belonging.place, name="place_signal"),
    path("signals/outcries/", alarm_list.outcries, name="outcries"),
    path("signals/outcries/rows.csv", alarm_list.outcries_csv, name="outcries_csv"),
    path("signals/outcries/watch/", alarm_watch.outcry_watch, name="outcry_watch"),
    path("signals/outcries/watch/budget/", alarm_watch.set_budget, name="outcry_budget"),
    path("signals/outcries/watch/telling/", alarm_watch.set_telling, name="outcry_telling"),
    path("signals/outcries/watch/telling/try/", alarm_watch.try_telling, name="outcry_try"),
    path("signals/outcries/watch/past/", alarm_watch.go_through_past, name="outcry_past"),
    path("signals/outcries/<int:alarm_id>/", alarm_page.one_outcry, name="one_outcry"),
    path("signals/outcries/<int:alarm_id>/judge/", acting.judge, name="judge_outcry"),
    path("signals/outcries/<int:alarm_id>/judge/undo/", acting.undo, name="undo_outcry_verdict"),
    path("signals/outcries/<int:alarm_id>/out/", heard.take_out, name="take_outcry_out"),
    path("signals/outcries/<int:alarm_id>/back/", heard.put_back, name="put_outcry_back"),
    path("signals/outcries/<int:alarm_id>/talk/", alarm_talking.talk, name="talk_about_outcry"),
    path("sign-on/", sign_on.begin, name="sign_on"),
    path("sign-on/back/", sign_on.back, name="sign_on_back"),
    path("sign-on/connect/", sign_on.connect, name="sign_on_connect"),
    path("sign-on/disconnect/", sign_on.disconnect, name="sign_on_disconnect"),
    path("work/", work_page.work, name="work"),
    path("work/<int:attempt_id>/again/", work_page.try_again, name="work_again"),
    path("work/<int:attempt_id>/drop/", work_page.drop, name="work_drop"),
    path("people/", people_list.people, name="people"),
    path("people/organisations/", people_list.accounts, name="organisations"),
    path("people/organisation/", organisation.organisation, name="organisation"),
    path("people/invitations/", inviting.pending, name="invitations"),
    path("people/invitations/<int:invitation_id>/renew/", inviting.renew, name="renew_invitation"),
    path("people/invitations/<int:invitation_id>/withdraw/", inviting.withdraw, name="withdraw_invitation"),
    path("people/<int:person_id>/", profile.person_page, name="person"),
    path("people/<int:person_id>/change/", profile.change_person, name="change_person"),
    path("people/<int:person_id>/customer/", profile.customer_too, name="customer_too"),
    path(
        "people/<int:person_id>/customer/<int:side_id>/end/",
        profile.customer_no_more,
        name="customer_no_more",
    ),
    path("people/<int:person_id>/away/", profile.away, name="away"),
    path("people/<int:person_id>/renew/", profile.renew, name="renew"),
    path("people/<int:person_id>/end/", profile.end_access, name="end_access"),
]
