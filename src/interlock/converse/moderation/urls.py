"""Addresses of moderation; they stand in front of the community's, whose last one is any board."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.converse.moderation.views import leaving, lineage, own, queue, settings

urlpatterns: list[URLPattern] = [
    path("community/moderation/", queue.moderation, name="moderation"),
    path("community/moderation/many/", queue.many, name="many"),
    path("community/moderation/log/", queue.decided, name="moderation_log"),
    path("community/moderation/log.csv", queue.log_file, name="moderation_file"),
    path("community/moderation/policy/", settings.rules, name="policy"),
    path("community/moderation/cases/<int:case_id>/", queue.case, name="case"),
    path("community/moderation/cases/<int:case_id>/judge/", queue.judge, name="judge"),
    path("community/moderation/posts/<int:post_id>/", queue.look_again, name="look_at_post"),
    path("community/moderation/replies/<int:reply_id>/", queue.look_again, name="look_at_reply"),
    path("community/moderation/people/<int:person_id>/", settings.doings, name="doings"),
    path("community/moderation/sweeps/<int:sweep_id>/undo/", settings.undo_sweep, name="undo_sweep"),
    path("community/merge/<int:post_id>/", lineage.merge, name="merge"),
    path("community/merge/<int:merge_id>/undo/", lineage.undo_merge, name="undo_merge"),
    path("community/split/<int:reply_id>/", lineage.split, name="split"),
    path("community/split/<int:split_id>/undo/", lineage.undo_split, name="undo_split"),
    path("community/reword/posts/<int:post_id>/", own.reword, name="reword_post"),
    path("community/reword/replies/<int:reply_id>/", own.reword, name="reword_reply"),
    path("community/take-away/posts/<int:post_id>/", own.take_away, name="take_away_post"),
    path("community/take-away/replies/<int:reply_id>/", own.take_away, name="take_away_reply"),
    path("community/report/posts/<int:post_id>/", own.report, name="report_post"),
    path("community/report/replies/<int:reply_id>/", own.report, name="report_reply"),
    path("community/appeal/posts/<int:post_id>/", own.appeal, name="appeal_post"),
    path("community/appeal/replies/<int:reply_id>/", own.appeal, name="appeal_reply"),
    path("community/mail/", leaving.mail, name="mail"),
    path("community/erase/", leaving.erase, name="erase"),
    path("community/kept/copy/", leaving.kept_copy, name="kept_copy"),
]
