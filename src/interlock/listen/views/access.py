"""Giving access to another system: what to register there, the way to its page, and the way back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from interlock.connectors.errors import ConnectorError
from interlock.connectors.live_registry import live_connectors
from interlock.connectors.oauth import ConsentingConnector
from interlock.fabric import work
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.secrets import SealBroken
from interlock.listen import asking_tasks, giving_access, queries
from interlock.listen.errors import ListenError
from interlock.listen.models import Source

# The person waits, and so does one thread of the pages.
EXCHANGE_SECONDS = 10.0


@never_cache
@require_GET
@needs(Act.IMPORT)
def access(request: HttpRequest, source_id: int) -> HttpResponse:
    """What to enter at the provider, and the link to its page, which is good for an hour."""
    source = get_object_or_404(queries.sources_visible_to(person_of(request)), pk=source_id)
    connector = live_connectors().get(source.kind) if source.ask_every is not None else None
    if not isinstance(connector, ConsentingConnector):
        raise Http404(_("This source needs no access that is given in a browser."))
    back = request.build_absolute_uri(reverse("listen:access_given"))
    context = {"source": source, "connector": connector, "back": back}
    try:
        grant = giving_access.grant_of(source, connector)
        if grant:
            context["system"] = grant.system.name
            context["renew"] = grant.system.renew
            context["there"] = giving_access.begin(
                request.session, source=source, grant=grant, redirect=back, now=timezone.now()
            )
    except (ConnectorError, SealBroken) as error:
        context["error"] = str(error)
    return render(request, "listen/source_access.html", context)


@never_cache
@require_GET
@needs(Act.IMPORT)
def access_given(request: HttpRequest) -> HttpResponse:
    """Where the provider leads back to, with a code or a refusal."""
    begun = giving_access.take_up(request.session, state=request.GET.get("state", ""), now=timezone.now())
    if begun is None:
        messages.warning(
            request, _("Nobody began to give access here in the last hour. Open the source and begin anew.")
        )
        return redirect("listen:sources")
    visible = queries.sources_visible_to(person_of(request))
    source = get_object_or_404(visible, pk=begun.source_id)
    code = request.GET.get("code", "")
    if not code:
        messages.warning(request, _("%(name)s gave no access. Nothing was changed.") % {"name": source.name})
        return redirect("listen:source", source.pk)
    try:
        _finish(request, source, begun, code)
    except (ConnectorError, ListenError, SealBroken) as error:
        messages.error(request, str(error))
    else:
        work.ask(asking_tasks.try_source, source.pk)
        messages.success(
            request, _("Access to %(name)s is given and kept. It is being tried.") % {"name": source.name}
        )
    return redirect("listen:source", source.pk)


def _finish(request: HttpRequest, source: Source, begun: giving_access.Begun, code: str) -> None:
    grant = giving_access.grant_of(source, live_connectors().get(source.kind))
    if grant is None:
        raise ConnectorError(_("This source needs no access any more; its settings were changed meanwhile."))
    outside = asking_tasks.outside(EXCHANGE_SECONDS)
    with outside.http() as http:
        giving_access.finish(
            source=source,
            grant=grant,
            begun=begun,
            code=code,
            reach=outside.reach(source, http, outside.sleep),
            by=person_of(request),
            now=timezone.now(),
        )
