"""What moves bad outcomes, what was looked at without a difference, and what cannot be seen yet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from interlock.fabric.access import Act, needs
from interlock.reconnect import driver_findings, queries


@require_GET
@needs(Act.READ)
def drivers(request: HttpRequest) -> HttpResponse:
    """The kept report of drivers and the rules that are off. Nothing is computed here."""
    report = queries.latest_drivers()
    detection = queries.latest_detection()
    content = report.content if report else {}
    outcomes = driver_findings.by_outcome(content)
    context = {
        "lead": next((one["drivers"][0] for one in outcomes if one["drivers"]), None),
        "splits": driver_findings.splits(content),
        "report": report,
        "detection": detection,
        "outcomes": outcomes,
        "offs": driver_findings.not_seen(detection, report),
        "muted": queries.muted_rules(),
    }
    return render(request, "reconnect/drivers.html", context)
