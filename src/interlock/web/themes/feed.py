"""A theme as an Atom feed: what was changed and decided about it, and what was said newest, with personal data masked.

Feed readers come without signing in, at the secret address that somebody made for their calendar; another address there
voids this one too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interlock.converse.notices import calendar
from interlock.fabric.access import Act, may
from interlock.fabric.atom import Feed
from interlock.fabric.personal import masked_for_all
from interlock.listen.models import Signal, Theme
from interlock.listen.themes import looking
from interlock.web.themes.listing import address
from interlock.web.themes.page import lineage_line

SHOWN = 50
LONGEST_QUOTE = 240


class Entry(NamedTuple):
    """One thing that is new. `key` stays the same, so that programs show it once."""

    at: datetime
    key: str
    title: str
    text: str
    path: str


@never_cache
@login_not_required
@require_safe
def theme_feed(request: HttpRequest, key: str, signed: str) -> HttpResponse:
    """The feed, for the program that knows its address."""
    person = calendar.person_of(signed)
    theme = looking.themes_visible_to(person).filter(key=key).first() if may(person, Act.READ) else None
    if theme is None:
        raise Http404(_("This link leads nowhere."))
    page = HttpResponse(_written(theme), content_type=Feed.content_type)
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


def _written(theme: Theme) -> str:
    site = settings.PAGES_URL.rstrip("/")
    feed = Feed(theme.name, f"{site}{address(theme)}", theme.question)
    newest = sorted([*_changes(theme), *_decided(theme), *_said(theme)], reverse=True)[:SHOWN]
    for one in newest:
        feed.add_item(
            one.title,
            f"{site}{one.path}",
            one.text,
            pubdate=one.at,
            updateddate=one.at,
            unique_id=f"{site}{address(theme)}#{one.key}",
        )
    return feed.writeString("utf-8")


def _changes(theme: Theme) -> Iterator[Entry]:
    for change in looking.lineage(theme):
        if change.undone_at is None:
            line = lineage_line(change, theme)
            path = f"{address(theme)}#lineage"
            yield Entry(change.at, f"change-{change.pk}", line["text"], str(line["by"]), path)


def _decided(theme: Theme) -> Iterator[Entry]:
    if theme.decided_at:
        key = f"decided-{theme.decided_at:%Y%m%d%H%M%S}"
        yield Entry(theme.decided_at, key, _("Decided"), theme.decision, address(theme))


def _said(theme: Theme) -> Iterator[Entry]:
    for one in looking.examples(theme):
        path = reverse("listen:signal", args=[one.pk])
        yield Entry(one.occurred_at, f"said-{one.pk}", _whence(one), _quote(one), path)


def _whence(one: Signal) -> str:
    return _("%(kind)s, %(what)s") % {"kind": one.kind, "what": one.product_name or one.source.name}


def _quote(one: Signal) -> str:
    words = " ".join(masked_for_all(one.body or one.title).split())
    return words if len(words) <= LONGEST_QUOTE else f"{words[: LONGEST_QUOTE - 1]}…"
