"""One place that makes contexts and their addresses, so that the same thing never stands twice under two labels."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from interlock.fabric.models import Context


def context_for(*, kind: str, key: str, label: str) -> Context:
    """The context of this kind and key; made when new, its label kept up to date."""
    context, made = Context.objects.get_or_create(kind=kind, key=key, defaults={"label": label[:400]})
    if not made and label and context.label != label[:400]:
        context.label = label[:400]
        context.save(update_fields=["label"])
    return context


def context_address(kind: str, key: str) -> str:
    """Where the page of a context is. Keys hold any sign, so they travel in the query."""
    return f"{reverse('web:context')}?{urlencode({'kind': kind, 'key': key})}"
