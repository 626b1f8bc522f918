"""Addresses of the community: those of customers, and those that staff alone open."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.converse.bringing import urls as bringing
from interlock.converse.community.views import (
    acting,
    entering,
    feeds,
    posts,
    searching,
    settings,
    staff,
    telling,
)
from interlock.converse.moderation import urls as moderation

app_name = "community"
urlpatterns: list[URLPattern] = [
    *moderation.urlpatterns,
    *bringing.urlpatterns,
    path("robots.txt", feeds.robots, name="robots"),
    path("community/", posts.all_boards, name="list"),
    path("community/tell/", telling.tell, name="tell"),
    path("community/search/", searching.search, name="search"),
    path("community/near/", telling.near, name="near"),
    path("community/mine/", telling.mine, name="mine"),
    path("community/kept/", telling.kept, name="kept"),
    path("community/enter/", entering.enter, name="enter"),
    path("community/enter/code/", entering.code, name="code"),
    path("community/leave/", entering.leave, name="leave"),
    path("community/queue/", staff.queue, name="queue"),
    path("community/settings/", settings.settings, name="settings"),
    path("community/settings/company/", settings.company_words, name="company"),
    path("community/settings/roster/", settings.roster, name="roster"),
    path("community/settings/boards/", settings.new_board, name="new_board"),
    path("community/settings/boards/<int:board_id>/", settings.board, name="board_settings"),
    path("community/settings/boards/<int:board_id>/open/", settings.open_board, name="open_board"),
    path("community/sitemap.xml", feeds.sitemap, name="sitemap"),
    path("community/sitemap-<int:part>.xml", feeds.sitemap_part, name="sitemap_part"),
    path("community/feed/", feeds.all_boards, name="feed"),
    path("community/reply/<int:post_id>/", acting.reply, name="reply"),
    path("community/same/<int:post_id>/", acting.same, name="same"),
    path("community/vote/<int:post_id>/", acting.vote, name="vote"),
    path("community/follow/<int:post_id>/", acting.follow, name="follow"),
    path("community/answer/<int:post_id>/", staff.answer, name="answer"),
    path("community/status/<int:post_id>/", staff.status, name="status"),
    path("community/posts/<int:post_id>/", posts.short, name="short"),
    path("community/posts/<int:post_id>/<slug:slug>/", posts.post, name="post"),
    path("community/<slug:board>/", posts.board, name="board"),
    path("community/<slug:board>/feed/", feeds.board, name="board_feed"),
]
