"""The list of themes: what is above its limit or new first, then all by rank; and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from interlock.analytics.statistics.shares import share_above
from interlock.converse.loop import reading
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.export import csv_bytes
from interlock.listen import queries, waiting
from interlock.listen.models import Theme, ThemeFigures, ThemeState
from interlock.listen.selection import Selection
from interlock.listen.themes import looking
from interlock.listen.themes.learning_progress import Learning, how_far
from interlock.listen.themes.looking import Counts, Place
from interlock.listen.themes.present import Weeks
from interlock.web import figures

WEEKS_DRAWN = 13  # twelve that are over, and the running one
RISES_BY_CHANCE = 0.01
KINDS_SHOWN = 3
_SALT = "themes"


@dataclass(frozen=True)
class Row:
    """One theme as the list shows it."""

    theme: Theme
    figures: ThemeFigures
    voices: list[int]
    this_week: int
    before: int
    """Voices of the week before, the newest that is over."""
    is_rising: bool
    course: str
    rows_url: str
    week_url: str
    kinds: list[tuple[str, int]]
    severity: tuple[str, str] | None
    """About 48 of 57, and its interval."""
    loop: list[tuple[str, int]]
    is_new: bool
    needs_decider: bool


@require_GET
@needs(Act.READ)
def themes(request: HttpRequest) -> HttpResponse:
    """Themes as rows."""
    person = person_of(request)
    visible = looking.figures_visible_to(person)
    now = timezone.now()
    counted = looking.counts(visible, now)
    tab = request.GET.get("show", "")
    if tab not in looking.TABS:
        tab = "now" if counted.now else "all"
    newness = looking.newness(visible)
    learning = None if counted.signals else how_far()
    page = looking.theme_page(looking.tab_of(visible, tab), _place(request.GET.get("after", "")))
    loops = reading.newest([one.theme_id for one in page.rows])
    context = {
        "headline": _headline(counted, learning),
        "note": _note(counted),
        "lonely": _lonely(counted),
        "lonely_url": _lonely_url(counted),
        "tabs": _tabs(counted, tab),
        "tab": tab,
        "counts": counted,
        "rows": [row_of(one, newness, loops.get(one.theme_id)) for one in page.rows],
        "later": f"?show={tab}&after={_mark(page.later)}" if page.later else "",
        "waiting": waiting.counts(waiting.clocks_visible_to(person), now).waiting,
        "learning": learning,
        "may_download": may(person, Act.DOWNLOAD),
        "copied": queries.signals_copied(),
    }
    return render(request, "web/themes.html", context)


@require_GET
@needs(Act.DOWNLOAD)
def themes_csv(request: HttpRequest) -> HttpResponse:
    """All themes of one tab as a file."""
    visible = looking.figures_visible_to(person_of(request))
    tab = request.GET.get("show", "")
    shown = looking.tab_of(visible, tab if tab in looking.TABS else "all")
    rows = csv_bytes(_HEADS, _lines(shown.select_related("theme__decider", "theme__parent")))
    response = HttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="themes-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


def row_of(
    one: ThemeFigures, newness: looking.Newness | None = None, loop: reading.Closed | None = None
) -> Row:
    """What the list shows of a theme, worked out of its kept figures and how far its signals came."""
    voices = [week[2] for week in one.weeks][-WEEKS_DRAWN:]
    theme = one.theme
    return Row(
        theme=theme,
        figures=one,
        voices=voices,
        this_week=voices[-1] if voices else 0,
        before=voices[-2] if len(voices) > 1 else 0,
        is_rising=theme.state == ThemeState.QUIET and is_rising(voices[:-1]),
        course=_course(voices, one.limit),
        rows_url=rows_address(theme, looking.weeks_of(one)),
        week_url=rows_address(theme, Weeks(looking.weeks_of(one).last, looking.weeks_of(one).last)),
        kinds=sorted(one.kinds.items(), key=lambda item: -item[1])[:KINDS_SHOWN],
        severity=_severity(one),
        loop=loop_of(one, loop or reading.Closed()),
        is_new=newness is not None and newness.fits(theme),
        needs_decider=theme.lacks_decider,
    )


def is_rising(voices: list[int]) -> bool:
    """Whether more was said in the newest four weeks that are over than in those before, by more than chance."""
    newest, before = sum(voices[-4:]), sum(voices[:-4])
    total = newest + before
    usual = 4 / max(len(voices), 1)
    return (
        bool(before)
        and float(share_above(np.array([newest]), np.array([total]), usual)[0]) <= RISES_BY_CHANCE
    )


def loop_of(one: ThemeFigures, loop: reading.Closed) -> list[tuple[str, int]]:
    """The six steps of the loop with how many signals of the newest quarter came so far."""
    # The figures are counted each minute, the loop each hour: what came in between is heard.
    heard = max(one.signals, loop.heard)
    return [
        (_("heard"), heard),
        (_("grouped"), heard),
        (_("decided"), loop.decided),
        (_("done"), loop.done),
        (_("told"), loop.told),
        (_("confirmed"), loop.confirmed),
    ]


def _severity(one: ThemeFigures) -> tuple[str, str] | None:
    """Of all voices that tell, how many were let down, with its interval; refused below the floor."""
    if one.judged < looking.FEWEST_VOICES:
        return None
    about = {"x": figures.count(round(one.let_down)), "n": figures.count(one.judged)}
    span = figures.rate_interval(one.let_down_low, one.let_down_high)
    return _("about %(x)s of %(n)s") % about, _("%(span)s in 100") % {"span": span}


def _course(voices: list[int], limit: float | None) -> str:
    said = _("%(n)d weeks: %(course)s") % {"n": len(voices), "course": ", ".join(map(str, voices))}
    return said if limit is None else _("%(said)s; limit %(limit)s") % {
        "said": said, "limit": figures.count(int(limit)),
    }  # fmt: skip


def _headline(counted: Counts, learning: Learning | None) -> str:
    if learning:
        return _("Themes are being found.")
    if not counted.signals:
        return _("No theme has been found yet.")
    if not counted.above:
        return _("No theme is above its limit.")
    above = ngettext("One theme is above its limit", "%(n)s themes are above their limit", counted.above) % {
        "n": figures.in_words(counted.above).capitalize()
    }
    if not counted.undecided:
        return _("%(above)s, and each has somebody who decides.") % {"above": above}
    left = ngettext("nobody decides one of them", "nobody decides %(n)s of them", counted.undecided) % {
        "n": figures.in_words(counted.undecided)
    }
    if counted.undecided == counted.above:
        left = _("nobody decides")
    return f"{above}; {left}."


def _note(counted: Counts) -> str:
    if not counted.signals:
        return ""
    return _("%(share)s of %(n)s signals of the newest 13 weeks found a theme") % {
        "share": figures.percent_below_all(counted.themed, counted.signals),
        "n": figures.count(counted.signals),
    }


def _lonely(counted: Counts) -> str:
    left = counted.signals - counted.themed
    if not left:
        return ""
    return ngettext("one found none", "%(n)s found none", left) % {"n": figures.count(left)}


def _lonely_url(counted: Counts) -> str:
    """Where exactly these signals are."""
    return f"{reverse('listen:signals')}{Selection(theme='none', from_at=counted.since, to_at=counted.until).as_query()}"


def _tabs(counted: Counts, tab: str) -> list[dict[str, Any]]:
    names = {
        "now": (_("Above, new or pinned"), counted.now),
        "all": (_("All themes"), counted.all),
        "few": (_("Too few to say"), counted.few),
        "muted": (_("Muted"), counted.muted),
    }
    return [
        {"name": name, "count": figures.count(number), "url": f"?show={key}", "current": key == tab}
        for key, (name, number) in names.items()
        if number or key in {"now", "all"}
    ]


def _mark(place: Place) -> str:
    return signing.dumps([place.pinned, place.urgency, place.rank, place.number], salt=_SALT)


def _place(mark: str) -> Place | None:
    try:
        return Place(*signing.loads(mark, salt=_SALT)) if mark else None
    except (signing.BadSignature, TypeError):
        return None


_HEADS = [
    "id", "theme", "broader theme", "state", "question", "decider", "decide by", "signals in 13 weeks", "voices",
    "customers", "voices let down", "voices that tell", "least share", "greatest share", "revenue of these customers in a year", "customers whose orders are known", "voices this week", "limit", "rank",
]  # fmt: skip


def _lines(shown: Any) -> Iterator[list[Any]]:
    for one in shown.order_by(*looking.LISTED).iterator(chunk_size=500):
        theme = one.theme
        yield [
            theme.key, theme.name, theme.parent.name if theme.parent else "", theme.get_state_display(),
            theme.question, theme.decider.name if theme.decider else "", theme.decide_by or "", one.signals,
            one.voices, one.customers, round(one.let_down, 1), one.judged, round(one.let_down_low, 3),
            round(one.let_down_high, 3), one.revenue, one.payers, one.weeks[-1][2] if one.weeks else 0, one.limit,
            round(one.rank, 6),
        ]  # fmt: skip


def address(theme: Theme) -> str:
    """Where the page of a theme is."""
    return reverse("web:one_theme", args=[theme.key])


def rows_address(theme: Theme, weeks: Weeks | None = None, **more: Any) -> str:
    """Where the signals of a theme are; of these weeks, and of what else they are narrowed by."""
    span = {"from_at": weeks.since, "to_at": weeks.until} if weeks else {}
    return f"{reverse('listen:signals')}{Selection(theme=theme.key, **span, **more).as_query()}"
