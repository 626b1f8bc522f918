"""The list of disconnects: the work on the left, the picture of the pairs on the right."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.analytics.symptoms import RULES
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.numbers import number_of
from interlock.reconnect import findings, pairs, queries
from interlock.reconnect.forms import FilterForm
from interlock.reconnect.moves import TABS

VIEWS = ("matrix", "map", "table")
PAGE_ROWS = 50


@require_GET
@needs(Act.READ)
def disconnects(request: HttpRequest) -> HttpResponse:
    """One tab of the list, narrowed by the filters, dearest first."""
    person = person_of(request)
    now = timezone.now()
    kinds = sorted(queries.disconnects_visible_to(person).values_list("context__kind", flat=True).distinct())
    form = FilterForm(request.GET, rules=_rules(), kinds=kinds)
    chosen = form.chosen()
    tab = chosen.pop("tab", "open")
    tab = tab if tab in TABS else "open"
    view = chosen.pop("view", "matrix")
    view = view if view in VIEWS else "matrix"
    listed = list(queries.filtered_disconnects(person, tab=tab, **chosen))
    cards = findings.cards(listed, now)
    start = _start(request, len(cards))
    harmful = cards if tab == "open" else []
    detection = queries.latest_detection()
    drawn = pairs.pairs_of(detection, harmful)
    counts = queries.tab_counts(person)
    context = {
        "cards": cards[start : start + PAGE_ROWS],
        "later": _address(request, after=start + PAGE_ROWS) if len(cards) > start + PAGE_ROWS else "",
        "earlier": _address(request, after=max(0, start - PAGE_ROWS)) if start else "",
        "money_end": findings.money_scale(cards),
        "totals": findings.money_at_stake(listed),
        "silent": sum(card.is_nudged for card in cards),
        "form": form,
        "filtered": bool(chosen),
        "tab": tab,
        "tabs": _tabs(request, tab, counts),
        "counts": counts,
        "view": view,
        "views": _views(request, view),
        "detection": detection,
        "muted": queries.muted_rules(),
        **_picture(request, view, drawn),
    }
    return render(request, "reconnect/disconnects.html", context)


def _picture(request: HttpRequest, view: str, drawn: list[pairs.Pair]) -> dict[str, Any]:
    """Only what the chosen view of the pairs draws."""
    harmed = sorted((pair for pair in drawn if pair.harm), key=lambda pair: -pair.worth)
    picture: dict[str, Any] = {"worst_pair": harmed[0] if harmed else None, "met": pairs.met(drawn)}
    picture["pairs"] = drawn
    if view == "map":
        latent = request.GET.get("latent") == "1"
        picture |= {"map": pairs.drawn_map(drawn, latent=latent), "latent": latent}
        picture["latent_url"] = _address(request, latent="" if latent else "1")
    elif view == "matrix":
        picture["functions"], picture["cells"] = pairs.matrix_cells(drawn)
    return picture


def _tabs(request: HttpRequest, tab: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    names = {
        "open": _("Open"),
        "suspected": _("Suspected"),
        "resolved": _("Resolved"),
        "dismissed": _("Dismissed"),
    }
    return [
        {
            "name": name,
            "url": _address(request, tab=key, after=""),
            "count": counts[key],
            "current": key == tab,
        }
        for key, name in names.items()
    ]


def _views(request: HttpRequest, view: str) -> list[dict[str, Any]]:
    names = {"matrix": _("Matrix"), "map": _("Map"), "table": _("Table")}
    return [
        {"name": name, "url": f"{_address(request, view=key)}#pairs", "current": key == view}
        for key, name in names.items()
    ]


def _address(request: HttpRequest, **changes: object) -> str:
    """The list with the reader's filters and these changes."""
    chosen = {**request.GET.dict(), **{name: str(value) for name, value in changes.items()}}
    kept = {name: value for name, value in chosen.items() if value}
    return (
        f"{reverse('reconnect:disconnects')}?{urlencode(kept)}" if kept else reverse("reconnect:disconnects")
    )


def _start(request: HttpRequest, count: int) -> int:
    """Where the page begins. The numbers of the list are places, so places part its pages."""
    return min(number_of(request.GET.get("after", "")) or 0, max(0, count - 1))


def _rules() -> list[tuple[str, str]]:
    return [(key, f"{key} {_(rule.title)}") for key, rule in RULES.items()]
