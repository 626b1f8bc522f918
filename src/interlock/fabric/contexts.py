"""One place that makes contexts, their addresses and the names of their kinds, so that the same thing never stands twice under two labels."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Context

KIND_NAMES = {
    "account": _("account"),
    "order": _("order"),
    "product": _("product"),
    "configuration": _("product"),
    "region": _("region"),
    "family": _("product family"),
    "team": _("team"),
    "site": _("site"),
    "batch": _("batch"),
    "channel": _("channel"),
    "segment": _("segment"),
    "use": _("use"),
    "rival": _("rival"),
    "month": _("month"),
    "kind": _("kind of signal"),
    "theme": _("theme"),
    "outcry": _("outcry"),
    "metric": _("figure"),
    "post": _("post"),
}

_OWN_PAGES = {"theme": "web:one_theme", "outcry": "web:one_outcry", "disconnect": "reconnect:disconnect",
              "post": "community:short"}  # fmt: skip
# Kinds that are shown on the page of a thing of our own; the others are read from the records.
PAGED_KINDS = frozenset({*_OWN_PAGES, "metric"})


def context_for(*, kind: str, key: str, label: str) -> Context:
    """The context of this kind and key; made when new, its label kept up to date."""
    context, made = Context.objects.get_or_create(kind=kind, key=key, defaults={"label": label[:400]})
    if not made and label and context.label != label[:400]:
        context.label = label[:400]
        context.save(update_fields=["label"])
    return context


def context_address(kind: str, key: str) -> str:
    """Where the page of a context is. Keys hold any sign, so they travel in the query; some kinds have pages of their own."""
    if kind == "metric":  # a point stands on the page of the thing whose figure it is
        kind, key = key.split("|", 2)[:2]
    if kind in _OWN_PAGES:
        return reverse(_OWN_PAGES[kind], args=[key])
    return f"{reverse('web:context')}?{urlencode({'kind': kind, 'key': key})}"


def point_key(kind: str, key: str, point: str) -> str:
    """The key of one point of a thing's chart, as a context of kind `metric`."""
    return f"{kind}|{key}|{point}"


def kind_name(kind: str) -> str:
    """A kind as people call it: `team+family` is "team, product family"."""
    return ", ".join(str(KIND_NAMES.get(part, part)) for part in kind.split("+"))
