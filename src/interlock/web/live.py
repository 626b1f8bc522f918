"""A new pass to the event stream for a page that is open already."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from interlock.api.stream.passes import is_topic, stream_address
from interlock.fabric.access import person_of

# More than any page names.
MOST_TOPICS = 20


@require_GET
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """The address at which this person reads the topics asked for; empty when they may hear none of them."""
    person = person_of(request)
    if person is None:
        raise PermissionDenied
    topics = [topic for topic in request.GET.getlist("topic") if is_topic(topic)][:MOST_TOPICS]
    session = request.session.session_key or ""
    return JsonResponse({"address": stream_address(person, session, topics, request.get_host())})
