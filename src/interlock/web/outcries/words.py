"""What an alarm says in a sentence, on its page, in the list and on Today."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from interlock.fabric.models import Function
from interlock.listen.models import Alarm, StreamState, Verdict
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
        "times": figures.three_digits(alarm.times),
    }
    if alarm.verdict == Verdict.FALSE:
        return _("“%(name)s” is no outcry, somebody decided: it had been %(times)s times the usual.") % values
    if alarm.is_fall:
        if alarm.ended_at:
            return _("“%(name)s” had fallen silent from %(since)s to %(until)s.") % values
        return _("“%(name)s” fell silent: %(times)s times the usual since %(since)s.") % values
    if alarm.state == StreamState.OUTCRY:
        if alarm.ended_at:
            return (
                _("“%(name)s” was an outcry, %(times)s times the usual, and is over since %(until)s.")
                % values
            )
        return _("“%(name)s” is an outcry since %(outcry)s: %(times)s times the usual.") % values
    if alarm.ended_at:
        return (
            _("“%(name)s” was above its limit, %(times)s times the usual, and is quiet since %(until)s.")
            % values
        )
    return _("“%(name)s” is above its limit since %(since)s: %(times)s times the usual.") % values


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


def spread(alarm: Alarm) -> str:
    """Whom it has reached in the day before it last changed, and how many of them are new."""
    known = alarm.known
    if not known.get("customers"):
        return _("The sources name nobody.")
    said = _("%(n)s customers in a day") % {"n": figures.count(known["customers"])}
    if known.get("new_share") is None:
        return f"{said}."
    return _("%(said)s, %(new)s of them new to it.") % {
        "said": said,
        "new": figures.percent(known["new_share"]),
    }


def times_between(alarm: Alarm) -> str:
    """The interval of how far above the usual it is: 3.9 to 7.0."""
    ends = alarm.known.get("times")
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
