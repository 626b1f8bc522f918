"""What an alarm says in a sentence, on its page, in the list and on Today."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.fabric.models import Function
from interlock.listen.models import Alarm, StreamState, Verdict
from interlock.listen.outcry import one_event, pace, setting
from interlock.listen.outcry.listening import FEWEST_KNOWN
from interlock.listen.outcry.looking import Account
from interlock.web import figures

# Functions that an outcry brings together, beside the host (domain.md, 5.2).
FIVE = (Function.SALES, Function.MARKETING, Function.PRODUCT, Function.PRODUCTION, Function.OPERATIONS)


def headline(alarm: Alarm) -> str:
    """The finding of an alarm, with its figure."""
    values = {
        "name": alarm.label,
        "since": figures.moment(alarm.began_at),
        "outcry": figures.moment(alarm.outcry_at),
        "until": figures.moment(alarm.ended_at),
        "loud": loudness(alarm),
        "times": figures.three_digits(pace.of(alarm)["times"]),
    }
    if alarm.verdict == Verdict.FALSE:
        return _("“%(name)s” is no outcry, somebody decided: it had been %(loud)s.") % values
    if alarm.is_fall:
        if alarm.ended_at:
            return _("“%(name)s” had fallen silent from %(since)s to %(until)s.") % values
        return _("“%(name)s” fell silent: %(times)s times the usual since %(since)s.") % values
    if alarm.state == StreamState.OUTCRY:
        if alarm.ended_at:
            return _("“%(name)s” was an outcry, %(loud)s, and is over since %(until)s.") % values
        return _("“%(name)s” is an outcry since %(outcry)s: %(loud)s.") % values
    if rang_for_discontent(alarm) and not alarm.ended_at:
        return _("More people than usual are not content with “%(name)s” since %(since)s.") % values
    if alarm.ended_at:
        return _("“%(name)s” was above its limit, %(loud)s, and is quiet since %(until)s.") % values
    return _("“%(name)s” is above its limit since %(since)s: %(loud)s.") % values


def is_measured(alarm: Alarm) -> bool:
    """Whether enough was said before to speak of a usual."""
    return alarm.is_fall or alarm.known.get("before") is None


def loudness(alarm: Alarm) -> str:
    """How loud it is: so many times the usual; where nothing is usual yet, how many speak and how many did before."""
    if is_measured(alarm):
        times = {"times": figures.three_digits(pace.of(alarm)["times"])}
        if alarm.ended_at:
            return _("up to %(times)s times the usual") % times
        return _("%(times)s times the usual") % times
    customers, before = alarm.known["customers"] or alarm.known["voices"], alarm.known["before"]
    people = ngettext("one customer", "%(n)s customers", customers) % {"n": figures.count(customers)}
    if not before:
        return _("new, %(people)s, none before") % {"people": people}
    earlier = ngettext("one signal", "%(n)s signals", before) % {"n": figures.count(before)}
    return _("%(people)s in a day, %(earlier)s in the 90 days before") % {
        "people": people,
        "earlier": earlier,
    }


def budget(false_alarms: float, days: float) -> str:
    """At most one false alarm a quarter."""
    spans = {"month": _("a month"), "quarter": _("a quarter"), "year": _("a year")}
    alarms = round(false_alarms)
    return ngettext("at most one false alarm %(span)s", "at most %(n)s false alarms %(span)s", alarms) % {
        "n": figures.in_words(alarms),
        "span": spans[setting.span_of(days)],
    }


def account(counted: Account) -> str:
    """What the budget's newest span brought: of three alarms since 23 August none was called false."""
    since = figures.day(counted.since)
    if not counted.alarms:
        return _("it listens since %(since)s, and nothing has rung") % {"since": since}
    said = ngettext(
        "of one alarm since %(since)s %(false)s called false",
        "of %(n)s alarms since %(since)s %(false)s called false",
        counted.alarms,
    )
    false = (
        ngettext("one was", "%(n)s were", counted.false) % {"n": figures.in_words(counted.false)}
        if counted.false
        else _("none was")
    )
    return said % {"n": figures.in_words(counted.alarms), "since": since, "false": false}


def number(value: int) -> str:
    """None, one to nine as a word, the rest as figures."""
    return figures.in_words(value) if value else _("none")


def state_words(alarm: Alarm) -> str:
    """Where an alarm stands, in a word or two."""
    if alarm.verdict == Verdict.FALSE:
        return _("Not an outcry")
    if alarm.ended_at:
        return _("Over")
    return {
        StreamState.OUTCRY: _("Outcry"),
        StreamState.EMERGING: _("Above its limit"),
        StreamState.FALLEN: _("Fallen silent"),
    }[StreamState(alarm.state)]


def rang_for_discontent(alarm: Alarm) -> bool:
    """Whether it rang for how people feel rather than for how many they are."""
    return alarm.state == StreamState.EMERGING and alarm.times < 2 and bool(alarm.known.get("unhappy"))


def spread(alarm: Alarm) -> str:
    """Whom it has reached in the day before it was last read, and how many of them are new."""
    customers, new = alarm.known.get("customers"), alarm.known.get("new_share")
    if not customers or new is None:
        return _("The sources name nobody.")
    return ngettext(
        "One customer in a day, %(new)s new to it.",
        "%(n)s customers in a day, %(new)s of them new to it.",
        customers,
    ) % {"n": figures.count(customers), "new": figures.percent(new)}


def places(first: Alarm) -> list[str]:
    """Where an event is heard beside the stream that says most of it: app (channel)."""
    return [f"{one.label} ({one.stream.get_kind_display()})" for one in one_event.others(first)]


def elsewhere(first: Alarm) -> str:
    """Where else an event is heard, as a sentence; empty for a single stream."""
    found = places(first)
    return _("Also heard in %(places)s.") % {"places": ", ".join(found)} if found else ""


def discontent(alarm: Alarm) -> str:
    """How many of a day's signals are from people who are not content, beside the usual share where that is known."""
    known = alarm.known
    if not known.get("signals") or known.get("discontent") is None:
        return ""
    said = ngettext(
        "%(low)s of one signal in the day up to %(at)s.",
        "%(low)s of %(n)s signals in the day up to %(at)s.",
        known["signals"],
    ) % {
        "low": figures.count(known["discontent"]),
        "n": figures.count(known["signals"]),
        "at": figures.moment(datetime.fromisoformat(known["at"])),
    }  # fmt: skip
    usual = known.get("unhappy", {})
    if usual.get("known", 0) < FEWEST_KNOWN:
        return said
    return said + " " + _("%(usual)s is usual here.") % {"usual": figures.percent(usual["usual"])}


def times_between(alarm: Alarm) -> str:
    """The interval of how far above the usual it is: 3.9 to 7.0."""
    ends = pace.of(alarm)["within"]
    return "" if not ends else _("%(low)s to %(high)s") % {
        "low": figures.three_digits(ends[0]), "high": figures.three_digits(ends[1]),
    }  # fmt: skip


def change_line(change: dict[str, Any]) -> str:
    """A change on record that came before, as a sentence that does not say why."""
    from_records = {
        "campaign": _("The campaign “%(name)s” went public"),
        "launch": _("“%(name)s” came on sale"),
        "end of sale": _("The sale of “%(name)s” ended"),
    }
    said = from_records.get(change["kind"])
    return said % {"name": change["name"]} if said else f"{change['kind']}: {change['name']}"
