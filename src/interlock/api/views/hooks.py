"""`POST /hooks/<source>/`: messages that other systems send by themselves."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from interlock.api import bodies, taking
from interlock.api.callers import refuse_while_paused
from interlock.api.endpoints import endpoint
from interlock.api.problems import Problem
from interlock.api.webhooks import deliveries
from interlock.api.webhooks.receiving import records_in


@endpoint("POST")
def hook(request: HttpRequest, source_key: str) -> HttpResponse:
    """Take in one message; the same message again changes nothing and is well."""
    now, body = timezone.now(), bodies.read(request, packed=False)
    source, message_id = deliveries.sender_of(request, source_key, body, now)
    refuse_while_paused(source)
    try:
        deliveries.require_new(source, message_id)
        records = records_in(request, body, source.connection.get("fields", {}))
        accounting = deliveries.take_message(source=source, message_id=message_id, records=records, now=now)
    except deliveries.SeenBefore:
        return _json(deliveries.Repeated(source.key, True), 200)
    except Problem as problem:
        if problem.counted:
            taking.count_refused(source=source, problem=problem, body=body, now=now)
        raise
    return _json(accounting, accounting.status)


def _json(answer: msgspec.Struct, status: int) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(answer), status=status, content_type=bodies.JSON_TYPE)
