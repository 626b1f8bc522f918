"""The page of one context: what the records hold, what customers said, and who talks about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from interlock.converse import queries as talks
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.contexts import context_address, kind_name
from interlock.fabric.dossiers import ContextUnknown, Dossier, current_dossier
from interlock.fabric.models import Person
from interlock.listen import queries as listening
from interlock.reconnect import queries as gaps
from interlock.web import figures

# What the columns of the contract are called on a page; a column without a name here is not shown.
FACT_NAMES = {
    "segment": later("Segment"),
    "region": later("Region"),
    "use_case": later("Use"),
    "since": later("Customer since"),
    "ended_at": later("Left"),
    "family": later("Family"),
    "configuration": later("Configuration"),
    "version": later("Version"),
    "available_from": later("On sale from"),
    "retired_at": later("Retired"),
    "ordered_at": later("Ordered"),
    "channel": later("Channel"),
    "status": later("Status"),
    "function": later("Function"),
    "headcount": later("People"),
    "started_at": later("Started"),
    "finished_at": later("Finished"),
    "planned_qty": later("Planned"),
    "good_qty": later("Good"),
    "change_ref": later("Change"),
}


@require_GET
@needs(Act.READ)
def context(request: HttpRequest) -> HttpResponse:
    """Show one context."""
    kind, key = request.GET.get("kind", ""), request.GET.get("key", "")
    try:
        found = current_dossier(kind, key)
    except ContextUnknown as error:
        raise Http404(str(error)) from error
    person = person_of(request)
    page = {
        "found": found,
        "kind_name": capfirst(kind_name(kind)),
        "headline": _headline(found),
        "lead": _lead(found),
        "table_caption": _("Order lines of %(label)s, the newest first") % {"label": found.label},
        "facts": [(FACT_NAMES[name], value) for name, value in found.facts if name in FACT_NAMES],
        "disconnects": gaps.disconnects_about(person, kind, key)[:7],
        "conversations": talks.conversations_about(person, kind, key)[:7],
        "columns": _columns(),
        "rows": [_row(line) for line in found.newest_lines],
        "signals": _linked_signals(person, found),
        "capture_url": _capture_url(person, kind, key),
    }
    return render(request, "web/context.html", page)


def _capture_url(person: Person | None, kind: str, key: str) -> str:
    """Where those who may write down what this account said; empty for others."""
    if kind != "account" or not may(person, Act.ANSWER):
        return ""
    return f"{reverse('listen:capture')}?{urlencode({'account': key})}"


def _headline(found: Dossier) -> str:
    """The finding: lateness where enough was promised, else how much there is."""
    values = {
        "label": found.label,
        "late": figures.count(found.late.x),
        "due": figures.count(found.late.n),
        "orders": figures.count(found.orders),
        "signals": figures.count(found.signals),
    }
    if found.late.enough:
        return _("%(label)s: %(late)s of %(due)s lines came after the promised date.") % values
    if found.orders:
        return ngettext("%(label)s: one order.", "%(label)s: %(orders)s orders.", found.orders) % values
    return ngettext("%(label)s: one signal.", "%(label)s: %(signals)s signals.", found.signals) % values


def _lead(found: Dossier) -> str:
    """Interval or refusal, and the size of what stands behind it."""
    size = _("%(orders)s orders of %(accounts)s customers, %(signals)s signals.") % {
        "orders": figures.count(found.orders),
        "accounts": figures.count(found.accounts),
        "signals": figures.count(found.signals),
    }
    if found.late.enough:
        span = figures.rate_interval(found.late.low, found.late.high)
        return _("That is %(span)s in 100, 95 times in 100. %(size)s") % {"span": span, "size": size}
    if found.late.n:
        return _(
            "Too few to state a rate: %(n)s lines with a promise and a delivery; shown from 30. %(size)s"
        ) % {
            "n": found.late.n,
            "size": size,
        }
    return size


def _columns() -> list[dict[str, str]]:
    return [
        {"label": _("Order"), "kind": "key"},
        {"label": _("Account")},
        {"label": _("Product")},
        {"label": _("Ordered"), "kind": "day"},
        {"label": _("Promised"), "kind": "day"},
        {"label": _("Delivered"), "kind": "day"},
        {"label": _("Days late"), "kind": "harm"},
    ]


def _row(line: dict[str, Any]) -> list[Any]:
    late = _days_late(line)
    return [
        {"text": line["order_id"], "url": context_address("order", line["order_id"])},
        {
            "text": line["account"] or line["account_id"] or "",
            "url": context_address("account", line["account_id"] or ""),
        },
        {
            "text": line["product"] or line["product_id"] or "",
            "url": context_address("product", line["product_id"] or ""),
        },
        line["ordered_at"],
        line["promised_at"],
        line["delivered_at"],
        late,
    ]


def _days_late(line: dict[str, Any]) -> int | str:
    if not line["promised_at"] or not line["delivered_at"] or line["delivered_at"] <= line["promised_at"]:
        return ""
    return max(1, (line["delivered_at"] - line["promised_at"]).days)


def _linked_signals(person: Person | None, found: Dossier) -> list[dict[str, Any]]:
    """The newest signals with the address of each one's own page. One query."""
    keys = [signal["signal_id"] for signal in found.newest_signals]
    pages = dict(listening.signals_visible_to(person).filter(key__in=keys).values_list("key", "pk"))
    return [
        signal
        | {
            "url": reverse("listen:signal", args=[pages[signal["signal_id"]]])
            if signal["signal_id"] in pages
            else ""
        }
        for signal in found.newest_signals
    ]
