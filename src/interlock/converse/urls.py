"""Addresses of converse."""

from __future__ import annotations

from django.urls import URLPattern, path

from interlock.converse import views
from interlock.converse.talks import choice_pages, exhibit_pages, line_pages, opening_pages, promise_pages

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
    path("conversations/start/", opening_pages.start, name="start"),
    path("conversations/<int:conversation_id>/frame/", opening_pages.frame, name="frame"),
    path("conversations/<int:conversation_id>/people/ask/", opening_pages.ask_in, name="ask_in"),
    path(
        "conversations/<int:conversation_id>/people/<int:person_id>/out/",
        opening_pages.ask_out,
        name="ask_out",
    ),
    path("conversations/<int:conversation_id>/people/", line_pages.people, name="people"),
    path("conversations/<int:conversation_id>/arrived/", line_pages.arrived, name="arrived"),
    path("conversations/<int:conversation_id>/draft/", line_pages.draft, name="draft"),
    path("conversations/<int:conversation_id>/pictures/", line_pages.bring_picture, name="bring_picture"),
    path("pictures/<slug:key>/", line_pages.picture, name="picture"),
    path("conversations/<int:conversation_id>/choices/", choice_pages.ask, name="ask_choice"),
    path("exhibits/", exhibit_pages.attach, name="attach"),
    path("choices/<int:choice_id>/options/", choice_pages.add_option, name="add_option"),
    path("choices/<int:choice_id>/leave/", choice_pages.leave, name="leave_choice"),
    path("options/<int:option_id>/amend/", choice_pages.amend_option, name="amend_option"),
    path("options/<int:option_id>/stance/", choice_pages.take_stance, name="take_stance"),
    path("options/<int:option_id>/evidence/", choice_pages.add_ground, name="add_ground"),
    path("options/<int:option_id>/choose/", choice_pages.choose, name="choose"),
    path("stances/<int:stance_id>/answer/", choice_pages.answer, name="answer_objection"),
    path("grounds/<int:ground_id>/remove/", choice_pages.remove_ground, name="remove_ground"),
    path("decisions/<int:decision_id>/again/", views.look_again, name="look_again"),
    path("decisions/<int:decision_id>/back/", choice_pages.take_decision_back, name="take_decision_back"),
    path("decisions/<int:decision_id>/correct/", choice_pages.correct_decision, name="correct_decision"),
    path("commitments/<int:commitment_id>/settle/", promise_pages.settle, name="settle"),
    path("commitments/<int:commitment_id>/postpone/", promise_pages.postpone, name="postpone"),
    path("messages/<int:message_id>/edit/", views.edit, name="edit_message"),
    path("messages/<int:message_id>/undo/", views.undo_edit, name="undo_edit"),
    path("messages/<int:message_id>/remove/", views.remove, name="remove_message"),
    path("messages/<int:message_id>/restore/", views.restore, name="restore_message"),
    path("messages/<int:message_id>/", line_pages.line, name="line"),
    path("messages/<int:message_id>/back/", line_pages.take_back, name="take_back"),
    path("messages/<int:message_id>/wordings/", line_pages.wordings, name="wordings"),
    path("messages/<int:message_id>/widen/", line_pages.widen, name="widen"),
    path("messages/<int:message_id>/react/", line_pages.react, name="react"),
]
