"""One organisation: its people, its talks and what it said, as far as this reader may see them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from interlock.converse import queries as talks
from interlock.fabric import directory, organisations
from interlock.fabric.access import Act, may
from interlock.fabric.contexts import context_address
from interlock.fabric.models import Role
from interlock.fabric.numbers import number_of
from interlock.listen.queries import signals_visible_to
from interlock.web import figures
from interlock.web.directory.listing import rows_of
from interlock.web.directory.profile import own_circle

TALKS_SHOWN, SIGNALS_SHOWN = 12, 7


@require_GET
def organisation(request: HttpRequest) -> HttpResponse:
    """The page of one organisation. A partner is shown their own; another is as absent as one that is not there."""
    me, now = own_circle(request), timezone.now()
    key = request.GET.get("key", "")
    if not may(me, Act.READ):
        key = key or me.account_key
        if not key or key != me.account_key:
            raise Http404
    found = organisations.account(key) if may(me, Act.READ) else None
    here = directory.page_after(directory.people_of(me, key), number_of(request.GET.get("after")))
    if not key or (found is None and not here.people and not organisations.is_named(key)):
        raise Http404
    name = organisations.names_of([key])[key]
    signals = signals_visible_to(me).filter(account_key=key).order_by("-occurred_at", "-pk")
    page = {
        "key": key,
        "name": name,
        "found": found,
        "headline": _headline(name, len(here.people), more=here.later is not None),
        "is_partner": any(one.role == Role.PARTNER for one in here.people),
        "rows": rows_of(here.people, now),
        "later": f"?{urlencode({'key': key, 'after': here.later})}" if here.later else "",
        "talks": [(one, one.heading_for(me)) for one in talks.talks_with(me, key)[:TALKS_SHOWN]],
        "signals": list(signals[:SIGNALS_SHOWN]),
        "context_url": context_address("account", key) if found else "",
        "may_invite": may(me, Act.ANSWER),
        "may_read": may(me, Act.READ),
    }
    return render(request, "web/organisation.html", page)


def _headline(name: str, number: int, *, more: bool) -> str:
    if more:
        return _("More than %(n)s people take part for %(name)s.") % {"n": number, "name": name}
    if not number:
        return _("%(name)s: nobody of theirs takes part yet.") % {"name": name}
    return ngettext(
        "One person takes part for %(name)s.", "%(n)s people take part for %(name)s.", number
    ) % {"n": figures.in_words(number).capitalize(), "name": name}  # fmt: skip
