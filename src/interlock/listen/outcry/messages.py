"""What a message about alarms says: what, since when, how many people, and where to read all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.fabric.personal import masked_for_all
from interlock.listen.models import Alarm, StreamKind, StreamState, WatchedStream
from interlock.listen.outcry.one_event import how_much_it_says, leading, others


@dataclass(frozen=True)
class Message:
    """One message."""

    subject: str
    text: str


def about(alarms: Sequence[Alarm]) -> Message:
    """One message about all events of one moment, what says most first; the first alarm of each."""
    ordered = sorted(alarms, key=lambda one: (*how_much_it_says(leading(one)), one.pk))
    return Message(subject=_title(leading(ordered[0])), text="\n\n".join(_paragraph(one) for one in ordered))


def trial() -> Message:
    """The message by which somebody tries out whether messages arrive."""
    said = _("This is a trial. From now on you are told here when customers begin to speak of something.")
    return Message(
        _("Trial: you are told of outcries here"), f"{said}\n{_address(reverse('web:outcry_watch'))}"
    )


def _title(alarm: Alarm) -> str:
    name = {"name": _line(alarm.label), "loud": _loud(alarm)}
    if alarm.state == StreamState.OUTCRY:
        return _("Outcry: %(name)s, %(loud)s") % name
    if alarm.state == StreamState.FALLEN:
        return _("Fallen silent: %(name)s") % name
    if alarm.times < 2:  # it rang for who is not content, not for how many they are
        return _("More discontent than usual: %(name)s") % name
    return _("Emerging: %(name)s, %(loud)s") % name


def _loud(alarm: Alarm) -> str:
    """How many times the usual, or that next to nothing was said of it before."""
    before = alarm.known.get("before")
    if before is None:
        return _("%(times)s times the usual") % {"times": f"{alarm.times:.1f}"}
    return _("hardly heard before") if before else _("never heard before")


def sample(label: str, now: datetime) -> str:
    """What the message about an outcry looks like, of one that is made up."""
    known = {"customers": 143, "new_share": 0.82}
    stream = WatchedStream(kind=StreamKind.THEME)
    alarm = Alarm(
        stream=stream, label=label, state=StreamState.OUTCRY, times=6.2, began_at=now, known=known
    )  # fmt: skip
    return "\n".join([" ".join(_sentences(alarm, now)), _address(reverse("web:one_outcry", args=[1]))])


def _paragraph(first: Alarm) -> str:
    sentences = [*_sentences(leading(first), first.began_at), *_elsewhere(first)]
    return "\n".join([" ".join(sentences), _address(reverse("web:one_outcry", args=[first.pk]))])


def _sentences(alarm: Alarm, began_at: datetime) -> list[str]:
    said = _("%(title)s (%(kind)s), since %(day)s.") % {
        "title": _title(alarm),
        "kind": alarm.stream.get_kind_display(),
        "day": _moment(began_at),
    }
    return [said, *_people(alarm)]


def _elsewhere(first: Alarm) -> list[str]:
    """Where else the same event is heard."""
    places = [f"{_line(one.label)} ({one.stream.get_kind_display()})" for one in others(first)]
    return [_("Also heard in: %(places)s.") % {"places": ", ".join(places)}] if places else []


def _people(alarm: Alarm) -> list[str]:
    """How many customers spoke in the last day and how many of them are new to it, where that is known."""
    known = alarm.known
    count = known.get("customers", 0)
    if not count:
        signals = known.get("signals", 0)
        return [
            ngettext("One signal in the last day.", "%(n)d signals in the last day.", signals)
            % {"n": signals}
        ]
    said = [
        ngettext("One customer in the last day.", "%(n)d customers in the last day.", count) % {"n": count}
    ]
    if known.get("new_share") is not None and alarm.state != StreamState.FALLEN:
        said.append(_("%(n)d in 100 of them are new to it.") % {"n": round(100 * known["new_share"])})
    return said


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F, H:i")


def _address(path: str) -> str:
    return f"{settings.PAGES_URL.rstrip('/')}{path}"


def _line(text: str) -> str:
    """One line without personal data: a theme may be called by what a customer wrote, and a chat has readers unknown to us."""
    return " ".join(masked_for_all(text).split())
