"""One alarm, everything known on one page: who, where, since when, its course, quotes, what came before, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from interlock.converse import queries as talks
from interlock.converse.models import Conversation
from interlock.fabric import journal
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.models import Person
from interlock.listen.models import Alarm, Verdict
from interlock.listen.outcry import looking, pace, setting
from interlock.listen.outcry.course import Course, course
from interlock.listen.outcry.one_event import leading, rows_of
from interlock.listen.selection import Selection
from interlock.web import figures
from interlock.web.outcries import heard, seats, talking, words
from interlock.web.outcries.forms import VerdictForm

MOST_TALKS = 5
A_DAY, NEXT = timedelta(days=1), timedelta(microseconds=1)


@dataclass(frozen=True)
class Place:
    """A value that signals of an alarm have in common: its name, how many, and their address."""

    name: str
    signals: int
    url: str


@require_GET
@needs(Act.READ)
def one_outcry(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """An alarm's page."""
    person = person_of(request)
    first = event_or_404(person, alarm_id)
    if first.pk != alarm_id:  # joined since somebody was sent here
        return redirect("web:one_outcry", first.pk)
    return render(request, "web/one_outcry.html", page_of(first, person, timezone.now()))


def event_or_404(person: Person | None, alarm_id: int) -> Alarm:
    """The event that an alarm is or was joined to, as far as this person may see it."""
    first = looking.event_of(person, alarm_id)
    if first is None:
        raise Http404
    return first


def page_of(first: Alarm, person: Person | None, now: datetime, **more: Any) -> dict[str, Any]:
    """Everything the page shows of an event, by its first alarm; `more` replaces forms that were refused."""
    alarm = leading(first)
    until = alarm.ended_at or now
    last = datetime.fromisoformat(pace.of(alarm)["known_at"])
    own = looking.selection_of(alarm.stream)
    rows = looking.said_from(own, last - A_DAY + NEXT, last + NEXT)
    list_url = reverse("listen:signals")
    ran = course(alarm, now)
    host = setting.host_on_duty(now)
    return {
        "first": first,
        "alarm": alarm,
        "heard_in": heard.streams(first),
        "headline": words.headline(alarm),
        "state": words.state_words(alarm),
        "lead": _lead(alarm),
        "last": last,
        "stream_url": heard.stream_address(alarm),
        "between": words.times_between(alarm),
        "is_measured": words.is_measured(alarm),
        "pace": pace.of(alarm),
        "whisker_end": max(2.0, (pace.of(alarm)["within"] or [0, alarm.times])[1]),
        "discontent": words.discontent(alarm),
        "so_far": looking.said_between(alarm.stream, alarm.began_at, until),
        "since_url": list_url + looking.said_from(own, alarm.began_at, until).as_query(),
        "rows_url": list_url + rows.as_query(),
        "speakers": looking.speakers(alarm.stream, last - A_DAY + NEXT, last + NEXT),
        "places": _places(alarm, list_url + rows.as_query()),
        "chart": _chart(alarm, ran, own),
        "has_band": any(hour.low is not None for hour in ran.hours),
        "quotes": looking.quotes(alarm),
        "changes": [
            {**one, "said": words.change_line(one), "day": _day(one)}
            for one in alarm.known.get("changes", [])
        ],
        "beside": looking.beside(first, person),
        "conversations": _talks_about(first, person),
        "notices": list(first.notices.exclude(state="waiting", error="").order_by("sent_at", "pk")[:6]),
        "entries": list(journal.entries_about_any(rows_of(first))[:12]),
        "may_sort": may(person, Act.SORT),
        "may_convene": may(person, Act.CONVENE),
        "host": host,
        "question": talking.question_of(alarm),
        "purpose": talking.purpose_of(alarm),
        "due": timezone.localdate() + talking.DUE_AFTER,
        "asked": seats.proposed(first, person, host, now) if person and may(person, Act.CONVENE) else [],
        "verdict_form": VerdictForm(),
        **more,
    }


def _lead(alarm: Alarm) -> str:
    if alarm.verdict == Verdict.FALSE:
        return _("%(name)s: %(reason)s") % {"name": alarm.judged_by, "reason": alarm.reason}
    return words.spread(alarm)


def _places(alarm: Alarm, rows_url: str) -> list[tuple[str, list[Place]]]:
    """Where it is said: by channel, region and product, as far as that is not the stream itself."""
    names = {"region": _("Region"), "product": _("Product"), "channel": _("Channel")}
    where = alarm.known.get("where", {})
    return [
        (
            title,
            [
                Place(str(name), number, f"{rows_url}&{kind}={quote(str(name), safe='')}")
                for name, number in where[kind]
            ],
        )
        for kind, title in names.items()
        if where.get(kind)
    ]


def _day(change: dict[str, Any]) -> str:
    return figures.day(date.fromisoformat(change["at"]))


def _talks_about(first: Alarm, person: Person | None) -> list[Conversation]:
    """Who talks about it already: about the alarm, and about its themes, products or channels. One query."""
    if person is None:
        return []
    about = [(talking.CONTEXT_KIND, str(one.pk)) for one in rows_of(first)]
    about += [(one.stream.kind, one.stream.key) for one in rows_of(first)]
    return list(talks.conversations_about_any(person, about)[:MOST_TALKS])


def _chart(alarm: Alarm, ran: Course, own: Selection) -> dict[str, Any]:
    list_url = reverse("listen:signals")
    points = []
    for hour in ran.hours:
        local = timezone.localtime(hour.at)
        rows = looking.said_from(own, hour.at, hour.at + timedelta(hours=1))
        clock = f"{local:%H:%M}"
        points.append(
            {"name": f"{figures.day_short(local)}, {clock}", "short": figures.day_short(local) if local.hour == 0 else clock,
             "value": float(hour.voices), "low": hour.low, "high": hour.high, "rows": list_url + rows.as_query()}
        )  # fmt: skip
    voices = [hour.voices for hour in ran.hours]
    peak = max(voices, default=0)
    return {
        "title": _course_title(alarm, ran),
        "note": _(
            "Different people an hour. Between the limits lie 95 of 100 hours of the four weeks before, "
            "by hour of the day and weekday."
        )
        + ("" if alarm.ended_at else " " + _("The running hour is not over.")),
        "course": _("%(n)d hours, at most %(peak)d people in one; it rang at %(at)s.")
        % {"n": len(voices), "peak": peak, "at": figures.moment(alarm.began_at)},
        "points": points,
        "usual": None,
        "events": _events(alarm, ran),
        "harm": not alarm.verdict,
        "unit": _("people"),
        "band": _("usual"),
    }


def _course_title(alarm: Alarm, ran: Course) -> str:
    peak = max(ran.hours, key=lambda hour: hour.voices)
    values = {"n": figures.count(peak.voices), "at": figures.moment(peak.at)}
    if peak.high is None:
        return _("%(n)s people in the hour from %(at)s; too little past to say what is usual") % values
    return ngettext(
        "%(n)s people in the hour from %(at)s, where at most one was usual",
        "%(n)s people in the hour from %(at)s, where at most %(high)s were usual",
        round(peak.high),
    ) % {**values, "high": figures.count(peak.high)}


def _events(alarm: Alarm, ran: Course) -> list[dict[str, Any]]:
    """The moment it rang, and changes on record that lie on the course."""
    first = ran.hours[0].at
    drawn = [
        {"at": ran.alarm_at, "text": _("rang %(at)s") % {"at": f"{timezone.localtime(alarm.began_at):%H:%M}"}}
    ]
    for change in alarm.known.get("changes", []):
        day = date.fromisoformat(change["at"])
        at = next((n for n, hour in enumerate(ran.hours) if timezone.localtime(hour.at).date() == day), None)
        if at is not None and day >= timezone.localtime(first).date():
            drawn.append({"at": at, "text": str(change["name"])[:24]})
    return drawn[:3]
