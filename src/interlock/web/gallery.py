"""Every component in its states, for those who build pages. Shown while developing and in tests only."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

SENTENCE = {
    "text": "{team} promised {product} dates that we missed {x} of {n} times; usually it is {usual} in 100.",
    "values": {"team": "Shops North", "product": "Heron Cargo", "x": 71, "n": 208, "usual": 12},
    "rows": {"x": "hits", "n": "all"},
}
GROUPS = [
    {"label": "Shops North", "x": 71, "n": 208, "rate": 0.341, "low": 0.28, "high": 0.41, "subject": True},
    {"label": "Shops East", "x": 24, "n": 174, "rate": 0.138, "low": 0.095, "high": 0.197, "subject": False},
    {"label": "Shops West", "x": 31, "n": 231, "rate": 0.134, "low": 0.096, "high": 0.184, "subject": False},
    {"label": "Web", "x": 37, "n": 412, "rate": 0.09, "low": 0.066, "high": 0.121, "subject": False},
]
MONEY = {
    "currency": "EUR", "low": 18_100_000, "mid": 31_200_000, "high": 47_400_000,
    "terms": [
        {"sign": "", "label": "lines promised a year", "value_text": "832", "values": {}},
        {"sign": "×", "label": "late beyond usual, 0.33 − 0.12", "value_text": "0.21", "values": {}},
        {"sign": "=", "label": "broken promises", "value_text": "175", "values": {}},
    ],
    "caveat": "0.33 is the rate drawn towards its siblings. Associated, not proven.",
}  # fmt: skip
STEPS = [
    {"name": "Detected", "note": "10 Nov", "is": "done"},
    {"name": "Acknowledged", "note": "one each side", "is": "now"},
    {"name": "Safe to talk", "is": "todo"},
    {"name": "Brought together", "is": "todo"},
    {"name": "Agreed", "is": "todo"},
    {"name": "Measuring", "is": "todo"},
    {"name": "Resolved", "is": "todo"},
]
RATES = (
    (11, 6, 19),
    (13, 7, 21),
    (10, 5, 18),
    (12, 7, 20),
    (14, 8, 22),
    (11, 6, 19),
    (24, 17, 33),
    (33, 25, 43),
)
CHART = {
    "title": "It began in September, when Line 2 moved to two shifts",
    "note": "Shops North, Heron Cargo, late per 100, by month",
    "course": "Late per 100 by month. About 12 until August, then 24 and 33.",
    "unit": "late per 100", "usual": 12.1, "harm": True, "events": [{"at": 6, "text": "two shifts, 7 Sept"}],
    "points": [
        {"name": f"month {at + 1}", "short": str(at + 1), "value": mid, "low": low, "high": high, "n": 80 + at, "rows": "#rows"}
        for at, (mid, low, high) in enumerate(RATES)
    ],
}  # fmt: skip
COLUMNS = [
    {"label": "Order", "kind": "text", "sort_url": "#", "sorted": "ascending"}, {"label": "Shop", "kind": "text"},
    {"label": "Promised", "kind": "day"}, {"label": "Left the dock", "kind": "day", "side": True},
    {"label": "Days late", "kind": "harm"},
]  # fmt: skip
ROWS = [
    [{"text": "A-20418", "url": "#"}, "Radhaus Weber", date(2026, 10, 2), date(2026, 10, 19), 17],
    [{"text": "A-20455", "url": "#"}, "Fietshuis Oost", date(2026, 10, 5), date(2026, 10, 21), 16],
]
CELLS = {
    "sales production": {
        "required": 1.0,
        "actual": 0.1,
        "harm": True,
        "number": "1",
        "url": "#",
        "note": "€312 k",
    },
    "production service": {"required": 0.5, "actual": 0.2, "harm": True, "number": "2", "url": "#"},
    "sales service": {"required": 0.3, "actual": 0.9},
}
TABS = [
    {"name": "Matrix", "url": "#matrix", "current": True},
    {"name": "Map", "url": "#map"},
    {"name": "List", "url": "#list", "count": 9},
]


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    if not settings.DEBUG:
        raise Http404
    return render(request, "web/gallery.html", {
        "sentence": SENTENCE, "urls": {"hits": "#hits", "all": "#all"}, "groups": GROUPS, "money": MONEY,
        "steps": STEPS, "chart": CHART, "columns": COLUMNS, "rows": ROWS, "cells": CELLS, "tabs": TABS,
        "sides": [{"name": "CRM, Sales", "span": 3}, {"name": "ERP, Production", "span": 2}],
        "functions": ["sales", "production", "service"], "course": [3, 4, 3, 5, 4, 6, 9, 14],
    })  # fmt: skip
