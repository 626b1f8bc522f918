"""Addresses of listen: signals, sources and imports."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.listen.views import (
    access,
    answering,
    capture,
    imports,
    labels,
    signals,
    source,
    sources,
    waiting,
)

app_name = "listen"
urlpatterns: list[URLPattern] = [
    path("signals/", signals.signals, name="signals"),
    path("signals/waiting/", waiting.queue, name="waiting"),
    path("signals/waiting/rows.csv", waiting.queue_csv, name="waiting_csv"),
    path("signals/new/", capture.capture, name="capture"),
    path("signals/captured/<int:arrival_id>/undo/", capture.undo_capture, name="undo_capture"),
    path("signals/<int:signal_id>/answer/", answering.answer, name="answer"),
    path("signals/<int:signal_id>/draft/", answering.draft, name="draft"),
    path("signals/<int:signal_id>/step/", answering.step, name="step"),
    path("signals/<int:signal_id>/labels/", labels.correct, name="correct"),
    path("signals/<int:signal_id>/labels/undo/", labels.undo_correction, name="undo_correction"),
    path("signals/<int:signal_id>/language/", labels.correct_language, name="correct_language"),
    path("signals/<int:signal_id>/language/undo/", labels.undo_language, name="undo_language"),
    path("signals/<int:signal_id>/take-up/", answering.take_up_again, name="take_up_again"),
    path("signals/answers/<int:answer_id>/take-back/", answering.take_back, name="take_back"),
    path("signals/answers/<int:answer_id>/settle/", answering.settle, name="settle"),
    path("signals/rows.csv", signals.signals_csv, name="signals_csv"),
    path("signals/<int:signal_id>/", signals.signal, name="signal"),
    path("sources/", sources.sources, name="sources"),
    path("sources/rows.csv", sources.sources_csv, name="sources_csv"),
    path("sources/connect/", source.connect, name="connect"),
    path("sources/connect/<slug:kind>/", source.new, name="new_source"),
    path("sources/<int:source_id>/", source.source, name="source"),
    path("sources/<int:source_id>/settings/", source.settings, name="source_settings"),
    path("sources/<int:source_id>/access/", access.access, name="access"),
    path("sources/access/given/", access.access_given, name="access_given"),
    path("sources/<int:source_id>/refused/", source.refused, name="source_refused"),
    path("sources/<int:source_id>/try/", source.try_out, name="source_try"),
    path("sources/<int:source_id>/do/<slug:what>/", source.act, name="source_act"),
    path("sources/batches/<int:arrival_id>/undo/", source.undo_batch, name="undo_batch"),
    path("sources/batches/<int:arrival_id>/put-back/", source.put_back_batch, name="put_back_batch"),
    path("sources/demo/", sources.demo, name="demo"),
    path("sources/new/", imports.upload, name="upload"),
    path("sources/<int:source_id>/remove/", sources.remove, name="remove"),
    path("sources/imports/<int:import_id>/", imports.import_view, name="import"),
    path("sources/imports/<int:import_id>/progress/", imports.progress, name="progress"),
    path("sources/imports/<int:import_id>/columns/", imports.columns, name="columns"),
    path("sources/imports/<int:import_id>/mapping/", imports.keep_mapping, name="keep_mapping"),
    path("sources/imports/<int:import_id>/stop/", imports.stop, name="stop"),
    path("sources/imports/<int:import_id>/again/", imports.again, name="again"),
    path("sources/imports/<int:import_id>/undo/", sources.undo, name="undo"),
    path("sources/imports/<int:import_id>/refused.csv", imports.refused, name="refused"),
]
