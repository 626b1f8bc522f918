"""Where one signal stands, in the six steps that a customer and staff read alike: heard, grouped, decided, done, told, confirmed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.loop.counting import note_told
from interlock.converse.models import LoopCourse, Meaning, Post, ToldPerson, ToldSignal
from interlock.listen.models import Answer, AnsweredSignal, Clock, Sending, Signal, Stage, ThemedSignal

# As for answers: listen/stages.py.
SILENT_AFTER = timedelta(days=14)
_DECIDED = {Meaning.PLANNED, Meaning.DONE, Meaning.DECLINED}


@dataclass(frozen=True)
class Chain:
    """What is known of one signal's way. `told` is who was asked whether it is solved, where somebody was."""

    signal: Signal
    others: int | None = None
    course: LoopCourse | None = None
    answer: Answer | None = None
    clock: Clock | None = None
    told: ToldPerson | None = None
    post: Post | None = None

    @property
    def decided_at(self) -> datetime | None:
        """Of the theme's newest decision, of the one they were told, or of their post."""
        if self.course:
            return self.course.decided_at
        return self.told.closure.decided_at if self.told else self._moved(_DECIDED)

    @property
    def done_at(self) -> datetime | None:
        if self.course:
            return self.course.done_at
        if self.told:  # what is done about a theme that this signal left since is no longer its own
            return self.decided_at if self.told.closure.is_no or self.says == "yes" else None
        return self._moved({Meaning.DONE, Meaning.DECLINED})

    @property
    def is_no(self) -> bool:
        if self.course:
            return self.course.is_no
        if self.told:
            return self.told.closure.is_no
        return bool(self.post and self.post.status.meaning == Meaning.DECLINED)

    def _moved(self, meanings: Collection[str]) -> datetime | None:
        """When the post that this signal is came to such a status, where it stands so."""
        if self.post is None or self.post.status.meaning not in meanings:
            return None
        return next((one.at for one in self.post.status_changes.all() if one.after.meaning in meanings), None)

    @property
    def told_at(self) -> datetime | None:
        if self.told and self.told.told_at:
            return self.told.told_at
        return self.answer.sent_at if self.answer else None

    @property
    def says(self) -> str:
        """yes, no, silent, or nothing so far: the clock knows where there is one."""
        if self.clock and self.clock.stage == Stage.CONFIRMED:
            return "yes"
        if self.clock and self.clock.stage == Stage.REOPENED:
            return "no"
        if self.told and self.told.choice:
            return self.told.choice
        if self.clock and self.clock.stage == Stage.SILENT:
            return "silent"
        at = self.told_at
        return "silent" if at and timezone.now() - at >= SILENT_AFTER else ""


def chains(signals: Collection[Signal]) -> list[Chain]:
    """The way of each of these signals. Nine queries for all of them."""
    keys = [one.key for one in signals]
    themed = {
        one.signal_id: one
        for one in ThemedSignal.objects.filter(signal__in=signals, cluster__isnull=False).select_related(
            "cluster__theme__course", "cluster__theme__figures"
        )
    }
    people = ToldPerson.objects.filter(signals__signal_key__in=keys)
    note_told(only=[one.pk for one in people])
    told = {
        one.signal_key: one.person
        for one in ToldSignal.objects.filter(signal_key__in=keys)
        .select_related("person__closure", "person")
        .order_by("person__pk")
    }
    answers = {
        one.signal_key: one.answer
        for one in AnsweredSignal.objects.filter(signal_key__in=keys, answer__state=Sending.SENT)
        .select_related("answer__author")
        .order_by("answer__sent_at")
    }
    clocks = {one.signal_key: one for one in Clock.objects.filter(signal_key__in=keys)}
    posts = {
        one.signal_key: one
        for one in Post.objects.filter(signal_key__in=keys)
        .select_related("status")
        .prefetch_related("status_changes__after")
    }
    return [
        replace(
            _chain(one, themed.get(one.pk), answers.get(one.key), clocks.get(one.key), told.get(one.key)),
            post=posts.get(one.key),
        )
        for one in signals
    ]


def _chain(
    signal: Signal,
    themed: ThemedSignal | None,
    answer: Answer | None,
    clock: Clock | None,
    told: ToldPerson | None,
) -> Chain:
    theme = themed.cluster.theme if themed and themed.cluster else None
    course = getattr(theme, "course", None) if theme else None
    if course is not None and signal.occurred_at > course.decided_at:
        course = None
    figures = getattr(theme, "figures", None) if theme else None
    others = max(0, figures.voices - 1) if figures else 0 if theme else None
    return Chain(signal, others, course, answer, clock, told)


def line(chain: Chain, *, staff: bool = True) -> list[Mapping[str, str]]:
    """The six steps for the state line: what happened, when, and whose turn it is. Days that staff promised one another are theirs."""
    says, due = chain.says, chain.course.due_on if chain.course and staff else None
    solved = says == "yes"
    grouped = "" if chain.others is None else _with(chain.others)
    steps = [
        (_("Heard"), _day(chain.signal.occurred_at), True),
        (_("Grouped"), grouped, chain.others is not None),
        (_("Decided"), _day(chain.decided_at), chain.decided_at is not None),
        (
            _("Not done") if chain.is_no else _("Done"),
            _day(chain.done_at) or (_("by %(day)s") % {"day": _day(due)} if due else ""),
            chain.done_at is not None,
        ),
        (_("Told"), _day(chain.told_at), chain.told_at is not None),
        (_("Confirmed"), _verdict(says, told=chain.told_at is not None), solved),
    ]
    last = max(place for place, step in enumerate(steps) if step[2])
    return [
        {"name": name, "note": note, "is": "now" if place == last else "done" if is_done else ""}
        for place, (name, note, is_done) in enumerate(steps)
    ]


def _verdict(says: str, *, told: bool) -> str:
    if says:
        return {"yes": _("solved"), "no": _("not solved"), "silent": _("silent")}[says]
    return _("your turn") if told else ""


def _with(others: int) -> str:
    return ngettext("with %(n)d other", "with %(n)d others", others) % {"n": others} if others else ""


def _day(at: datetime | date | None) -> str:
    if at is None:
        return ""
    return date_format(timezone.localtime(at) if isinstance(at, datetime) else at, "j M", use_l10n=False)
