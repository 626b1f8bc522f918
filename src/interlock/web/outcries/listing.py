"""The list of alarms: what goes on first, then what is over or was none; and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.export import csv_bytes
from interlock.listen import queries, waiting
from interlock.listen.models import Alarm
from interlock.listen.outcry import looking, one_event, pace, setting
from interlock.web import figures
from interlock.web.outcries import words

_SALT = "outcries"


@dataclass(frozen=True)
class Row:
    """One event as the list shows it: `first` has its address, `alarm` says most of it."""

    first: Alarm
    alarm: Alarm
    elsewhere: str
    state: str
    pace: dict[str, Any]
    between: str
    is_measured: bool
    changed_at: datetime


@require_GET
@needs(Act.READ)
def outcries(request: HttpRequest) -> HttpResponse:
    """Alarms as rows."""
    person, now = person_of(request), timezone.now()
    shown = looking.events_visible_to(person)
    counted = looking.tab_counts(shown)
    tab = request.GET.get("show", "")
    if tab not in looking.TABS:
        tab = "now" if counted["now"] or not counted["all"] else "all"
    page = looking.alarm_page(looking.tab_of(shown, tab), _place(request.GET.get("after", "")))
    watch = setting.watch_row()
    context = {
        "headline": _headline(counted),
        "tabs": _tabs(counted, tab),
        "tab": tab,
        "counts": counted,
        "rows": [_row(one) for one in page.rows],
        "later": f"?show={tab}&after={_mark(page.later)}" if page.later else "",
        "watch": watch,
        "budget": words.budget(watch.false_alarms, watch.days),
        "account": words.account(looking.account(days=watch.days, now=now)),
        "waiting": waiting.counts(waiting.clocks_visible_to(person), now).waiting,
        "copied": queries.signals_copied(),
    }
    return render(request, "web/outcries.html", context)


@require_GET
@needs(Act.DOWNLOAD)
def outcries_csv(request: HttpRequest) -> HttpResponse:
    """All alarms of one tab as a file."""
    tab = request.GET.get("show", "")
    shown = looking.tab_of(
        looking.events_visible_to(person_of(request)), tab if tab in looking.TABS else "all"
    )
    response = HttpResponse(csv_bytes(_HEADS, _lines(shown)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="outcries-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


def _row(first: Alarm) -> Row:
    alarm = one_event.leading(first)
    changed = max(
        at
        for one in one_event.rows_of(first)
        for at in (one.began_at, one.outcry_at, one.ended_at, one.judged_at)
        if at
    )
    return Row(
        first,
        alarm,
        words.elsewhere(first),
        words.state_words(alarm),
        pace.of(alarm),
        words.times_between(alarm),
        words.is_measured(alarm),
        changed,
    )


def _headline(counted: dict[str, int]) -> str:
    if counted["outcries_now"]:
        return ngettext("There is an outcry.", "There are %(n)s outcries.", counted["outcries_now"]) % {
            "n": figures.in_words(counted["outcries_now"])
        }
    if counted["emerging_now"]:
        return ngettext(
            "One stream is above its limit; none is an outcry.",
            "%(n)s streams are above their limit; none is an outcry.",
            counted["emerging_now"],
        ) % {"n": figures.in_words(counted["emerging_now"]).capitalize()}
    return _("Nothing is growing faster than chance.")


def _tabs(counted: dict[str, int], tab: str) -> list[dict[str, Any]]:
    names = {
        "now": _("Going on"),
        "outcry": _("Outcries"),
        "over": _("Over"),
        "false": _("Not an outcry"),
        "all": _("All alarms"),
    }
    return [
        {"name": name, "count": figures.count(counted[key]), "url": f"?show={key}", "current": key == tab}
        for key, name in names.items()
        if counted[key] or key in {"now", "all"}
    ]


def _mark(place: tuple[datetime, int]) -> str:
    return signing.dumps([place[0].isoformat(), place[1]], salt=_SALT)


def _place(mark: str) -> tuple[datetime, int] | None:
    try:
        at, number = signing.loads(mark, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return datetime.fromisoformat(at), number


_HEADS = [
    "id", "kind", "name", "state", "began at", "outcry at", "ended at", "times the usual", "low", "high",
    "voices in a day", "customers in a day", "share of new", "verdict", "reason", "judged by", "also heard in",
]  # fmt: skip


def _times(alarm: Alarm) -> tuple[float | None, float | None, float | None]:
    """Times the usual and its interval; nothing where nothing is usual yet."""
    ran = pace.of(alarm)
    if not words.is_measured(alarm):
        return None, None, None
    low, high = ran["within"] or (None, None)
    return round(ran["times"], 2), low, high


def _lines(shown: Any) -> Iterator[list[Any]]:
    for first in shown.order_by("-began_at", "-pk").iterator(chunk_size=500):
        one = one_event.leading(first)
        yield [
            first.pk, one.stream.get_kind_display(), one.label, one.get_state_display(), first.began_at, one.outcry_at,
            one.ended_at, *_times(one), one.known.get("voices"), one.known.get("customers"),
            one.known.get("new_share"), first.get_verdict_display(), first.reason,
            first.judged_by.name if first.judged_by else "", ", ".join(words.places(first)),
        ]  # fmt: skip
