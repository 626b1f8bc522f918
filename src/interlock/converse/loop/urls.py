"""Addresses of the loop: those of staff, those of customers and of the public."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.converse.loop.views import answering, ledger, monthly, public, showing, telling

app_name = "loop"
urlpatterns: list[URLPattern] = [
    path("signals/loop/", ledger.ledger, name="ledger"),
    path("signals/loop/<slug:key>/tell/", telling.tell, name="tell"),
    path("signals/loop/<slug:key>/show/", showing.show, name="show"),
    path("signals/loop/<slug:key>/withdraw/", showing.withdraw, name="withdraw"),
    path("signals/loop/<slug:key>/<slug:step>/", ledger.rows, name="rows"),
    path("told/<slug:link>/", answering.answer, name="answer"),
    path("community/mine/<int:signal_id>/say/", public.say, name="say"),
    path("community/you-said/", public.you_said, name="you_said"),
    path("community/you-said/follow/", monthly.follow, name="follow"),
    path("community/you-said/start/<str:signed>/", monthly.start, name="start_letters"),
    path("community/you-said/stop/<str:signed>/", monthly.stop, name="stop_letters"),
    path("community/you-said/feed/", public.feed, name="you_said_feed"),
    path("community/you-said/rows.json", public.rows, name="you_said_rows"),
    path("community/you-said/part/", public.part, name="you_said_part"),
]
