"""`GET /api/v1/status` for monitors and `/status/` for people: the accounting and the freshness of every source.

And `GET /api/v1/openapi.json`, which describes all addresses for programs.
"""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.api import bodies
from interlock.api.callers import caller_of
from interlock.api.description import description
from interlock.api.endpoints import endpoint
from interlock.api.problems import Problem
from interlock.api.refusals import refused_file
from interlock.api.status import late, status
from interlock.fabric import tokens
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.personal import shown
from interlock.listen.queries import sources_visible_to


@endpoint("GET", "HEAD")
def status_json(request: HttpRequest) -> HttpResponse:
    """The status for a monitor with a token, or for somebody who works here and is signed in."""
    now = timezone.now()
    _require_reader(request)
    return HttpResponse(msgspec.json.encode(status(now)), content_type=bodies.JSON_TYPE)


def _require_reader(request: HttpRequest) -> None:
    now = timezone.now()
    person = None if "Authorization" in request.headers else person_of(request)
    if person is None:
        tokens.note_use(caller_of(request, tokens.STATUS_READ, now).token, now)
    elif not may(person, Act.READ):
        raise Problem(
            403, "not_staff", _("Your role does not include this."), _("Ask the owner of this installation.")
        )


@endpoint("GET", "HEAD")
def description_json(request: HttpRequest) -> HttpResponse:
    """The API described for programs; whoever reaches it may read it."""
    return HttpResponse(
        description(), content_type=bodies.JSON_TYPE, headers={"Cache-Control": "max-age=300"}
    )


@require_GET
@needs(Act.READ)
def status_page(request: HttpRequest) -> HttpResponse:
    """The same for people: does it add up, who is silent, why were records refused."""
    found, person = status(timezone.now()), person_of(request)
    # A reason may repeat what came, and so a word of a customer's.
    reasons = [
        (line.name, shown(each.reason, person), each.refused)
        for line in found.sources
        for each in line.reasons
    ]
    context = {
        "status": found,
        "late": late(found),
        "reasons": reasons,
        "may_download": may(person, Act.DOWNLOAD),
        "may_import": may(person, Act.IMPORT),
    }
    return render(request, "api/status.html", context)


@require_GET
@needs(Act.DOWNLOAD)
def refused(request: HttpRequest, source_id: int) -> StreamingHttpResponse:
    """The refused records of one source as a file."""
    person = person_of(request)
    source = get_object_or_404(sources_visible_to(person), pk=source_id)
    response = refused_file(source, person)
    response["Content-Disposition"] = f'attachment; filename="refused-{source.key}.csv"'
    return response
