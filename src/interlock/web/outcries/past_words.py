"""What the page says of the watch's trial on the company's own past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.fabric.contexts import kind_name
from interlock.listen.models import OutcryWatch, StreamKind
from interlock.listen.outcry import looking
from interlock.listen.selection import Selection
from interlock.web import figures
from interlock.web.outcries import words
from interlock.web.outcries.strips import Mark, strip

A_DAY = timedelta(days=1)
MOST_STREAMS = 12


@dataclass(frozen=True)
class PastRow:
    """One alarm the watch would have rung, or one incident it would have missed."""

    at: datetime
    kind: str
    label: str
    also: str
    times: float
    verdict: str  # heard, false or missed
    peak: str
    url: str


@dataclass(frozen=True)
class StreamRow:
    """One stream of the past with its alarms drawn."""

    label: str
    kind: str
    drawing: Any
    counts: dict[str, int]


def of(watch: OutcryWatch, *, is_alive: bool) -> dict[str, Any]:
    """The trial as the page shows it; `state` is none, waiting, running, broken, stopped, refused or done."""
    past: dict[str, Any] = watch.past or {}
    state = past.get("state", "none")
    if state in {"waiting", "running"} and not is_alive:
        state = "broken"
    ended = state if state in {"stopped", "broken", "refused"} and past.get("last") else ""
    if ended:
        past, state = {**past["last"], "why": past.get("why", "")}, "done"
    shown = {**past, "state": state, "at": _moment(past.get("at")), "ended": ended}
    if state == "running":
        shown["progress"] = _progress(past)
    return {**shown, **_done(past, watch)} if state == "done" else shown


def _progress(past: Mapping[str, Any]) -> str:
    return _("%(percent)s of %(days)s days, %(streams)s streams, %(signals)s signals") % {
        "percent": figures.percent(past["done"] / past["ticks"]),
        "days": figures.count(past["ticks"] / 288),
        "streams": figures.count(past["streams"]),
        "signals": figures.count(past["signals"]),
    }


def _done(past: Mapping[str, Any], watch: OutcryWatch) -> dict[str, Any]:
    since, until = datetime.fromisoformat(past["since"]), datetime.fromisoformat(past["until"])
    tests: Sequence[dict[str, Any]] = past["tests"]
    own = next((one for one in tests if _is_in_force(one, watch)), None)
    rows = _rows(own) if own else []
    return {
        "since": since,
        "until": until,
        "finding": _finding(own) if own else "",
        "budgets": [
            {**one, "name": words.budget(one["false_alarms"], one["days"]), "own": one is own}
            for one in tests
        ],
        "rows": rows,
        "streams_drawn": _streams(rows, since, until),
        "most": figures.count(len(rows)),
    }


def _is_in_force(test: Mapping[str, Any], watch: OutcryWatch) -> bool:
    return (test["false_alarms"], round(test["days"])) == (watch.false_alarms, round(watch.days))


def _finding(own: Mapping[str, Any]) -> str:
    if not own["alarm_count"] and not own["incident_count"]:
        return _("It would not have rung, and nothing happened: a quiet past.")
    rang = (
        ngettext("Once it would have rung", "%(n)s times it would have rung", own["alarm_count"])
        % {"n": figures.in_words(own["alarm_count"]).capitalize()}
        if own["alarm_count"]
        else _("It would not have rung")
    )
    heard = ngettext(
        "%(heard)s of one incident heard", "%(heard)s of %(n)s incidents heard", own["incident_count"]
    ) % {
        "heard": words.number(own["heard"]), "n": words.number(own["incident_count"]),
    }  # fmt: skip
    if not own["incident_count"]:
        heard = _("nothing happened that was three times the usual")
    if own["lead_hours"] is not None and own["lead_hours"] > 0:
        heard += ", " + _("half of them %(hours)s or more before the peak") % {
            "hours": figures.hours(own["lead_hours"])
        }
    false = _("%(false)s called false, where %(allowed)s were allowed") % {
        "false": words.number(own["false"]), "allowed": figures.three_digits(own["allowed"]),
    }  # fmt: skip
    return f"{rang}: {heard}; {false}."


def _rows(own: Mapping[str, Any]) -> list[PastRow]:
    """Alarms and missed incidents, the newest first. One query for the names of sources."""
    listed = [*own["alarms"], *own["missed"]]
    sources = looking.source_keys([one["key"] for one in listed if one["kind"] == StreamKind.SOURCE])
    alarms = [_row(one, "heard" if one["peak"] else "false", sources) for one in own["alarms"]]
    missed = [_row(one, "missed", sources) for one in own["missed"]]
    return sorted([*alarms, *missed], key=lambda one: one.at, reverse=True)


def _row(one: Mapping[str, Any], verdict: str, sources: Mapping[str, str]) -> PastRow:
    at, kind = datetime.fromisoformat(one["at"]), StreamKind(one["kind"])
    key = sources.get(one["key"], one["key"]) if kind == StreamKind.SOURCE else one["key"]
    peak = datetime.fromisoformat(one["peak"]) if one["peak"] else None
    rows = looking.said_from(
        Selection(**{looking.FILTERS[kind]: key}), at - A_DAY, max(at, peak or at) + A_DAY
    )
    return PastRow(
        at=at,
        kind=kind_name(kind) if kind != StreamKind.SOURCE else str(kind.label),
        label=one["label"],
        also=", ".join(one.get("also", ())),
        times=one["times"],
        verdict=verdict,
        peak=_peak(one, peak),
        url=reverse("listen:signals") + rows.as_query(),
    )


def _peak(one: Mapping[str, Any], peak: datetime | None) -> str:
    if peak is None:
        return ""
    lead = one.get("lead_hours")
    if lead is None:
        return _("peak %(at)s") % {"at": figures.moment(peak)}
    if lead >= 0:
        return _("%(hours)s before the peak of %(at)s") % {
            "hours": figures.hours(lead),
            "at": figures.moment(peak),
        }
    return _("%(hours)s after the peak of %(at)s") % {
        "hours": figures.hours(-lead),
        "at": figures.moment(peak),
    }


def _streams(rows: Sequence[PastRow], since: datetime, until: datetime) -> list[StreamRow]:
    """The streams with most to tell, each with its alarms along the past."""
    by_stream: dict[tuple[str, str], list[PastRow]] = {}
    for one in rows:
        by_stream.setdefault((one.kind, one.label), []).append(one)
    drawn = []
    for (kind, label), own in sorted(by_stream.items(), key=lambda item: -len(item[1]))[:MOST_STREAMS]:
        counts = {name: sum(one.verdict == name for one in own) for name in ("heard", "false", "missed")}
        said = _("%(name)s: %(heard)s heard, %(false)s called false, %(missed)s missed") % {
            "name": label,
            **counts,
        }
        marks = [Mark((one.at - since) / (until - since), one.verdict) for one in own]
        drawn.append(StreamRow(label, kind, strip(marks, label=said), counts))
    return drawn


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
