"""One theme: its finding, its course with every change, the loop, quotes, whom it reaches, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from math import floor
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from interlock.converse import queries as talks
from interlock.converse.loop import reading
from interlock.converse.models import Conversation
from interlock.converse.notices import calendar
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.models import Function, Person
from interlock.listen.models import ChangeKind, Theme, ThemeChange, ThemeFigures, ThemeState
from interlock.listen.outcry.looking import alarms_about
from interlock.listen.themes import looking
from interlock.listen.themes.present import Weeks, quarter
from interlock.listen.themes.weeks import week_of_day
from interlock.reconnect import queries as gaps
from interlock.web import figures
from interlock.web.themes import among, concerned, driven, forms, shifted
from interlock.web.themes.listing import Row, address, row_of, rows_address

CONTEXT_KIND = "theme"
FEWEST_CUSTOMERS = 5  # of a product or region; fewer say nothing
_DRAWN = {ChangeKind.NOTICED, ChangeKind.MERGED, ChangeKind.SPLIT, ChangeKind.RENAMED}


@require_GET
@needs(Act.READ)
def one_theme(request: HttpRequest, key: str) -> HttpResponse:
    """A theme's page; one that was merged leads to what it became."""
    person = person_of(request)
    theme = get_object_or_404(
        looking.themes_visible_to(person).select_related(
            "decider", "decided_by", "parent", "became", "figures", "course"
        ),
        key=key,
    )
    if theme.ended_at and theme.became:
        return redirect(address(theme.became))
    more = shifted.shown(theme, ticked=True) if request.GET.get("split") == "shift" else {}
    return render(request, "web/one_theme.html", page_of(theme, person, **more))


def page_of(theme: Theme, person: Person | None, **more: Any) -> dict[str, Any]:
    """Everything the page shows; `more` replaces forms that were refused."""
    counted = getattr(theme, "figures", None)
    loop = reading.newest([theme.pk]).get(theme.pk, reading.Closed())
    row = row_of(counted, loop=loop) if counted else None
    changes = looking.lineage(theme)
    conversations = _talks_about(theme, person) if person else []
    citing = gaps.citing(person, _own_keys(theme)) if person else []
    weeks = looking.weeks_of(counted) if counted else quarter(timezone.now())
    involved = concerned.functions(theme, citing, conversations)
    return {
        "theme": theme,
        "row": row,
        "headline": _headline(theme, row),
        "lead": f"{theme.question} {theme.decision}".strip() or _lead(theme, row),
        "chart": _chart(theme, counted, changes) if counted else None,
        "loop": row.loop if row else [],
        "loop_refused": loop.refused,
        "is_decided": theme.ended_at is None and (theme.decided_at is not None or hasattr(theme, "course")),
        "loop_title": _loop_title(counted, loop),
        "quotes": looking.quotes(theme),
        **_whom(theme, weeks),
        **shifted.shown(theme),
        **among.shown(theme),
        **driven.shown(theme),
        "standing": among.standing_words(counted) if counted and theme.ended_at is None else "",
        "changes": [lineage_line(change, theme) for change in changes],
        "conversations": conversations,
        "citing": citing,
        "concerned": involved,
        "connect": _connect([one.name for one in involved]),
        **_addresses(theme, person, weeks),
        "may_sort": may(person, Act.SORT) and theme.ended_at is None,
        "may_convene": may(person, Act.CONVENE),
        "may_answer": may(person, Act.ANSWER),
        "name_form": forms.NameForm(initial={"name": theme.name}),
        "merge_form": forms.MergeForm(theme=theme),
        "broad_form": forms.BroadForm(initial={"under": theme.parent.key if theme.parent else ""}),
        "decision_form": forms.DecisionForm(
            initial={
                "question": theme.question,
                "decider": theme.decider_id,
                "decide_by": theme.decide_by,
                "function": theme.function,
            }
        ),
        **more,
    }


def _addresses(theme: Theme, person: Person | None, weeks: Weeks) -> dict[str, str]:
    """Where its rows and its feed are; the feed's secret is made elsewhere by who has none. One query."""
    signed = calendar.signed_for(person) if person else ""
    feed = reverse("web:theme_feed", args=[theme.key, signed]) if signed else ""
    return {
        "rows_url": rows_address(theme, weeks),
        "all_url": rows_address(theme),
        "waiting_url": f"{reverse('listen:waiting')}?theme={theme.key}",
        "feed": f"{settings.PAGES_URL.rstrip('/')}{feed}"
        if feed
        else f"{reverse('notices:choices')}#calendar",
    }


def _whom(theme: Theme, weeks: Weeks) -> dict[str, Any]:
    """Whom it reaches and through what, each with its rows."""
    return {
        "products": _reached(theme, "product", "product_label", weeks),
        "regions": _reached(theme, "region", "region", weeks),
        "sources": [
            (name, signals, rows_address(theme, weeks, source=key))
            for key, name, signals in looking.said_through(theme, weeks)
        ],
    }


def _reached(theme: Theme, name: str, column: str, weeks: Weeks) -> list[dict[str, Any]]:
    """Products or regions with customers enough to say something, with their rows."""
    return [
        {"name": one.name, "customers": one.customers, "url": rows_address(theme, weeks, **{name: one.name})}
        for one in looking.reach(theme, column, weeks)
        if one.customers >= FEWEST_CUSTOMERS
    ]


def _connect(concerned: Sequence[str]) -> str:
    """Whom the button brings together: the functions concerned, service beside a single one."""
    service = str(Function.SERVICE.label)
    names = [*concerned, *([service] if service not in concerned else [])][:2]
    if len(names) == 2:
        return _("Connect %(one)s and %(other)s") % {"one": names[0], "other": names[1]}
    return _("Connect %(one)s with those it concerns") % {"one": service}


def _talks_about(theme: Theme, person: Person) -> list[Conversation]:
    """Who talks about it already: about the theme, or about an alarm it rang. Two queries."""
    rang = [("outcry", str(number)) for number in alarms_about(CONTEXT_KIND, theme.key)]
    return list(talks.conversations_about_any(person, [(CONTEXT_KIND, theme.key), *rang])[:5])


def _own_keys(theme: Theme) -> list[str]:
    """The theme's key and those of themes that were merged into it."""
    return [theme.key, *theme.was.values_list("key", flat=True)]


def _headline(theme: Theme, row: Row | None) -> str:
    values = {
        "name": theme.name,
        "since": figures.day(theme.state_since) if theme.state_since else "",
        "n": figures.count(row.figures.customers) if row else "0",
    }
    if row is None or not row.figures.signals:
        return _("“%(name)s”: nobody has said it in the newest 13 weeks.") % values
    if theme.state == ThemeState.OUTCRY:
        return _("“%(name)s” is an outcry since %(since)s and has reached %(n)s customers.") % values
    if theme.state == ThemeState.EMERGING:
        return _("“%(name)s” is above its limit since %(since)s and has reached %(n)s customers.") % values
    if theme.state == ThemeState.REOPENED:
        return (
            _("“%(name)s” was opened again by a customer on %(since)s: what we did does not solve it.")
            % values
        )
    if theme.state == ThemeState.DECIDING and theme.decided_at:
        return _("“%(name)s” is decided; it is mended when fewer say it for four weeks.") % values
    if theme.state == ThemeState.DECIDING:
        return _("“%(name)s” is above its limit and being decided since %(since)s.") % values
    if theme.state == ThemeState.FIXED:
        return _("“%(name)s” is mended and watched since %(since)s.") % values
    if not row.figures.customers:
        return ngettext(
            "“%(name)s” was said by one voice in 13 weeks.",
            "“%(name)s” was said by %(voices)s voices in 13 weeks.",
            row.figures.voices,
        ) % {**values, "voices": figures.count(row.figures.voices)}
    return (
        ngettext(
            "“%(name)s” was said by one customer in 13 weeks.",
            "“%(name)s” was said by %(n)s customers in 13 weeks.",
            row.figures.customers,
        )
        % values
    )


def _lead(theme: Theme, row: Row | None) -> str:
    if theme.lacks_decider:
        return _("Nobody has said yet what has to be decided about it.")
    return ", ".join(theme.words[:6]) if theme.words else ""


def _loop_title(counted: ThemeFigures | None, loop: reading.Closed) -> str:
    if counted is None or not counted.signals:
        return ""
    return _("Of %(heard)s signals heard, %(confirmed)s have confirmed that it is solved") % {
        "heard": figures.count(max(counted.signals, loop.heard)),
        "confirmed": figures.count(loop.confirmed),
    }


def _chart(theme: Theme, counted: ThemeFigures, changes: list[ThemeChange]) -> dict[str, Any]:
    mondays = [date.fromisoformat(week[0]) for week in counted.weeks]
    voices = [week[2] for week in counted.weeks]
    points = [
        {"name": _("week of %(day)s") % {"day": figures.day(monday)}, "short": figures.day_short(monday),
         "value": float(count), "rows": rows_address(theme, Weeks(week_of_day(monday), week_of_day(monday)))}
        for monday, count in zip(mondays, voices, strict=True)
    ]  # fmt: skip
    others = [
        {
            "name": one.theme.name,
            "values": [one.voices.get(monday) for monday in mondays],
            "dashed": not one.joined,
        }
        for one in (looking.ancestors(theme, changes, mondays[0]) if mondays else [])
    ]
    events = _events(theme, changes, mondays)
    return {
        "title": _course_title(counted),
        "note": " ".join(_chart_notes(counted, bool(others), bool(events))),
        "course": _("%(n)d weeks: %(course)s") % {"n": len(voices), "course": ", ".join(map(str, voices))},
        "points": points,
        # Voices are whole: what is above the line is above the limit.
        "usual": None if counted.limit is None else floor(counted.limit),
        "usual_label": _("limit"),
        "events": events,
        "others": others,
        "harm": theme.state in {ThemeState.EMERGING, ThemeState.OUTCRY},
        "unit": _("voices"),
    }


def _course_title(counted: ThemeFigures) -> str:
    """What the running week has brought so far and the week before, beside the limit of a whole week."""
    now, before = (counted.weeks[place][2] if len(counted.weeks) >= -place else 0 for place in (-1, -2))
    said = {"now": figures.count(now), "before": figures.count(before)}
    if counted.limit is None:
        return _("%(now)s so far this week, %(before)s last week; too little past to draw a limit") % said
    limit = counted.limit if counted.limit_now is None else counted.limit_now
    if now - counted.unjudged > limit:
        return _("%(now)s so far this week, above the limit of %(limit)s a week") % {
            **said, "limit": figures.count(int(limit)),
        }  # fmt: skip
    said["limit"] = figures.count(int(counted.limit))
    if before > counted.limit:
        return _("%(before)s last week, above the limit of %(limit)s; %(now)s so far this week") % said
    return _("%(now)s so far this week, %(before)s last week, below the limit of %(limit)s") % said


def _chart_notes(counted: ThemeFigures, has_others: bool, has_events: bool) -> Iterator[str]:
    yield _("Voices a week, from Monday; the last one is not over.")
    if counted.unjudged:
        yield ngettext(
            "One voice of this week came through a source heard for fewer than 12 weeks: it is drawn, not judged.",
            "%(n)s voices of this week came through sources heard for fewer than 12 weeks: they are drawn, not judged.",
            counted.unjudged,
        ) % {"n": figures.count(counted.unjudged)}
    if has_others:
        yield _("Thin lines are themes that were merged or split off.")
    if has_events:
        yield _("Uprights are changes, which can be taken back below.")


def _events(theme: Theme, changes: list[ThemeChange], mondays: list[date]) -> list[dict[str, Any]]:
    """What changed which signals it holds, on the course, at the week in which it came into force."""
    by_week: dict[int, list[ThemeChange]] = {}
    for change in changes:
        day = change.at.date()
        if change.undone_at or change.kind not in _DRAWN:
            continue
        weeks = [place for place, monday in enumerate(mondays) if monday <= day]
        if weeks and (day - mondays[-1]).days < 7:
            by_week.setdefault(weeks[-1], []).append(change)
    drawn = [{"at": week, "text": _told_short(found, theme)} for week, found in by_week.items()]
    return drawn[:4]


def _told_short(changes: list[ThemeChange], theme: Theme) -> str:
    """What a week's upright says: several changes are counted, so that they do not lie over one another."""
    if len(changes) == 1:
        return _short(changes[0], theme)
    return _("%(n)s changes") % {"n": figures.count(len(changes))}


def _short(change: ThemeChange, theme: Theme) -> str:
    day = figures.day_short(change.at)
    if change.kind == ChangeKind.RENAMED:
        return _("renamed %(day)s") % {"day": day}
    if change.kind == ChangeKind.NOTICED:
        return _("noticed %(day)s") % {"day": day}
    if change.kind == ChangeKind.MERGED:
        return _("merged %(day)s") % {"day": day}
    return _("split %(day)s") % {"day": day}


def lineage_line(change: ThemeChange, theme: Theme) -> dict[str, Any]:
    """One line of the lineage, as seen from this theme."""
    said = change.said
    other = change.other.name if change.other else ""
    sentences = {
        ChangeKind.FOUND: _("Found in what customers said"),
        ChangeKind.NOTICED: ngettext(
            "Noticed as something new in one signal", "Noticed as something new in %(n)s signals", change.signals
        ) % {"n": figures.count(change.signals)},
        ChangeKind.RENAMED: (_("Named “%(name)s”") if said.get("model") else _("Renamed “%(name)s”")) % {"name": said.get("name", "")},
        ChangeKind.MERGED: _("“%(from)s” merged into “%(into)s”") % {
            "from": said.get("from", other), "into": said.get("into", change.theme.name),
        },
        ChangeKind.SPLIT: _("“%(into)s” split off “%(from)s”") % {
            "from": said.get("from", other), "into": said.get("into", change.theme.name),
        },
        ChangeKind.MOVED: ngettext("One signal moved to “%(into)s”", "%(n)s signals moved to “%(into)s”", change.signals)
        % {"n": figures.count(change.signals), "into": change.theme.name},
        ChangeKind.GATHERED: _("Put under “%(into)s”") % {"into": said["into"]} if said.get("into") else _("Put under no broader theme"),
        ChangeKind.PINNED: _("Pinned") if said.get("on") else _("No longer pinned"),
        ChangeKind.MUTED: _("Muted") if said.get("on") else _("No longer muted"),
        ChangeKind.ENDED: _("Ended: its signals belong elsewhere now"),
        ChangeKind.REOPENED: _("Opened again: a customer says that “%(decision)s” does not solve it") % {"decision": said.get("decision", "")},
    }  # fmt: skip
    return {
        "change": change,
        "text": sentences[ChangeKind(change.kind)],
        "by": _by(change),
        "undone_by": change.undone_by or _("a customer's yes"),
        "undoable": bool(change.steps) and change.undone_at is None,
        "undo": _("It is no theme of its own") if change.kind == ChangeKind.NOTICED else _("Take it back"),
    }


def _by(change: ThemeChange) -> str:
    if change.kind == ChangeKind.REOPENED:
        return _("a customer")
    return change.by.name if change.by else change.said.get("model") or _("found by the model")
