"""The ledger for staff: the share of what was heard that customers closed, and the rows behind each cell."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.converse.loop import reading
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.models import Function
from interlock.fabric.numbers import number_of
from interlock.listen.models import Signal
from interlock.listen.themes import looking

PAGE = 50


@require_GET
@needs(Act.READ)
def ledger(request: HttpRequest) -> HttpResponse:
    """How much of what was said in 13 weeks came how far, by function and by theme."""
    block = reading.block_of(request.GET.get("block", ""))
    counted = reading.counts_visible_to(person_of(request)).filter(block=block)
    context = {
        "whole": reading.whole(counted),
        "functions": [(_function(code), one) for code, one in reading.by_function(counted)],
        "themes": reading.by_theme(counted),
        "weeks": reading.weeks_of_block(block, timezone.now()),
        "block": block,
        "tabs": _tabs(block),
        "fewest": reading.FEWEST_HEARD,
    }
    return render(request, "converse/loop/ledger.html", context)


@require_GET
@needs(Act.READ)
def rows(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """The signals of one theme that came to one step."""
    theme = get_object_or_404(looking.themes_visible_to(person_of(request)), key=key)
    if step not in reading.STEPS:
        raise Http404(_("There is no such step."))
    block = reading.block_of(request.GET.get("block", ""))
    weeks = reading.weeks_of_block(block, timezone.now())
    found = reading.came_so_far(theme, step, weeks)
    page = min(number_of(request.GET.get("page", "")) or 1, 10_000)
    first = PAGE * (page - 1)
    shown = list(found.values_list("signal", flat=True)[first : first + PAGE + 1])
    signals = Signal.objects.select_related("source").in_bulk(shown[:PAGE])
    context: dict[str, Any] = {
        "theme": theme,
        "step": step,
        "name": step_name(step),
        "total": found.count(),
        "signals": [signals[number] for number in shown[:PAGE] if number in signals],
        "weeks": weeks,
        "block": block,
        "earlier": first // PAGE if first else 0,
        "later": first // PAGE + 2 if len(shown) > PAGE else 0,
    }
    return render(request, "converse/loop/rows.html", context)


def step_name(step: str) -> str:
    names = {
        "heard": _("heard"),
        "grouped": _("grouped"),
        "decided": _("decided"),
        "done": _("done"),
        "told": _("told"),
        "confirmed": _("confirmed"),
        "refused": _("not solved"),
    }
    return names[step]


def _function(code: str) -> str:
    return str(Function(code).label) if code else _("nobody has said where it begins")


def _tabs(block: int) -> list[dict[str, Any]]:
    names = (
        _("The newest 13 weeks"),
        _("13 to 26 weeks ago"),
        _("26 to 39 weeks ago"),
        _("39 to 52 weeks ago"),
    )
    return [
        {"name": name, "url": f"?block={place}", "current": place == block, "count": None}
        for place, name in enumerate(names)
    ]
