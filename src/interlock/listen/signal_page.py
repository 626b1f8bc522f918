"""Everything that one signal's page shows: its words, its clock, what was answered, and what may be done now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import JournalEntry, Person
from interlock.fabric.personal import masked_for_all, may_read_personal, shown
from interlock.listen import findings, queries
from interlock.listen.answer_forms import AnswerForm
from interlock.listen.answers import drafts
from interlock.listen.answers.channels import Channel, channel_of
from interlock.listen.answers.drafts import Offer
from interlock.listen.answers.writing import own_draft
from interlock.listen.capturing import capture_of
from interlock.listen.hours import due_words
from interlock.listen.label_form import LabelForm, LanguageForm
from interlock.listen.languages import language_name
from interlock.listen.models import Answer, Clock, Sending, Signal, Stage, Understood
from interlock.listen.stages import ASIDE_STAGES, CLOSED_STAGES, WAITING_STAGES, was_answered
from interlock.listen.themes import choosing

ENTRIES_SHOWN = 30


@dataclass(frozen=True)
class Loop:
    """Where a signal stands between the customer's words and the customer's yes, for one reader.

    `steps` are the names of what this person may do now.
    """

    clock: Clock | None
    due: str = ""
    is_overdue: bool = False
    answers: list[Answer] = field(default_factory=list)
    steps: frozenset[str] = frozenset()
    channel: Channel | None = None
    way: str = ""
    address: str = ""
    form: AnswerForm | None = None
    draft: Answer | None = None
    offer: Offer | None = None


def page(
    signal: Signal, person: Person | None, now: datetime, *, form: Any = None, offer: bool = False
) -> dict[str, Any]:
    """The page's context; `form` is a filled one that could not be sent, `offer` asks for a draft."""
    loop = loop_of(signal, person, now, form=form, offer=offer)
    earlier = list(queries.earlier_signals(signal, person)[: queries.EARLIER_SHOWN + 1])
    return {
        "signal": signal,
        "is_web_address": signal.url.startswith(("https://", "http://")),
        "around": findings.around(signal),
        "earlier": earlier[: queries.EARLIER_SHOWN],
        "has_more_earlier": len(earlier) > queries.EARLIER_SHOWN,
        "entries": _entries(signal, loop.clock),
        "loop": loop,
        "no_offer": drafts.FLOOR if offer and loop.form and not loop.offer else None,
        "lead": _lead(loop, person),
        "capture": capture_of(signal, person) if signal.received_at else None,
        "belongs": choosing.theme_of(signal),
        "may_sort": may(person, Act.SORT),
        **_understood(signal, person),
    }


def _understood(signal: Signal, person: Person | None) -> dict[str, Any]:
    """Language, feeling and intents with the judge's chance of each, and the form to correct them; nothing before it was read."""
    found = Understood.objects.select_related("corrected_by", "language_by").filter(pk=signal.pk).first()
    if found is None:
        return {}
    named = [(intent.label, found.chances.get(intent, 0.0)) for intent in found.intents]
    return {
        "understood": found,
        "feeling_chance": found.chances.get(found.sentiment, 0.0),
        "intents": named,
        "written_in": language_name(found.language),
        "languages_too": [language_name(code) for code in found.also.split(",") if code],
        "label_form": LabelForm.of(found) if may(person, Act.SORT) else None,
        "language_form": LanguageForm.of(found) if may(person, Act.SORT) else None,
    }


def loop_of(signal: Signal, person: Person | None, now: datetime, *, form: Any, offer: bool) -> Loop:
    clock = Clock.objects.select_related("owner", "escalated_to").filter(signal_key=signal.key).first()
    answers = list(
        Answer.objects.filter(signals__signal_key=signal.key)
        .exclude(state=Sending.DRAFT)
        .select_related("author", "source", "drafted_from__author")
        .order_by("pk")
    )
    due = due_words(clock.due_at, now) if clock else ""
    is_overdue = bool(clock and clock.stopped_at is None and clock.due_at <= now)
    if not may(person, Act.ANSWER):
        return Loop(clock, due, is_overdue, answers)
    channel = channel_of(signal)
    draft = own_draft(signal, person)
    found = drafts.offered(signal) if offer else None
    text = masked_for_all(found.answer.text) if found else draft.text if draft else ""
    return Loop(
        clock,
        due,
        is_overdue,
        answers,
        _steps(clock),
        channel,
        _way(channel),
        channel.address if may_read_personal(person) else "",
        form or AnswerForm(signal=signal, seen=max((one.pk for one in answers), default=0), text=text),
        draft,
        found,
    )


def _steps(clock: Clock | None) -> frozenset[str]:
    if clock is None:
        return frozenset()
    if clock.stage in ASIDE_STAGES:
        return frozenset({"take_up_again"})
    steps = {"duplicate", "spam"}
    if clock.stage in WAITING_STAGES:
        steps.add("acknowledge")
        if clock.owner_id:
            steps.add("let_go")
        if was_answered(clock):
            steps.add("confirm")
    else:
        steps.add("reopen")
        if clock.stage != Stage.CONFIRMED:
            steps.add("confirm")
    return frozenset(steps - ({"duplicate", "spam"} if clock.stage in CLOSED_STAGES else set()))


def _way(channel: Channel) -> str:
    """How the answer gets to the customer, as a sentence; the address stands beside it for those who may see it."""
    if channel.can_send:
        return _("Goes out through %(source)s, as a reply where the customer wrote.") % {
            "source": channel.source.name
        }
    if channel.url or channel.has_way:
        return _("%(source)s takes no answers from here: you send it there yourself, then say so here.") % {
            "source": channel.source.name
        }
    return _("This signal came without a way back: you reach the customer yourself, then say so here.")


def _lead(loop: Loop, person: Person | None) -> str:
    """What is to know first: who waits and since when, or how it ended."""
    clock, last = loop.clock, loop.answers[-1] if loop.answers else None
    if last and last.state != Sending.SENT:
        return _("%(name)s has answered: %(state)s.") % {
            "name": last.author.name,
            "state": last.get_state_display(),
        }
    if clock and clock.stopped_at is None:
        return shown(clock.because, person) or _("Nobody has answered yet.")
    if last:
        return _("%(name)s answered on %(day)s.") % {
            "name": last.author.name,
            "day": date_format(timezone.localtime(last.sent_at), "j F, H:i"),
        }
    return ""


def _entries(signal: Signal, clock: Clock | None) -> list[JournalEntry]:
    """What happened to the signal and its clock, the latest first."""
    entries = list(journal.entries_about(signal)[:ENTRIES_SHOWN])
    if clock:
        entries += journal.entries_about(clock)[:ENTRIES_SHOWN]
    return sorted(entries, key=lambda entry: -entry.number)[:ENTRIES_SHOWN]
