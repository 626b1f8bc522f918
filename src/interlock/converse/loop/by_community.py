"""How are customers told who spoke in the community? By mail of this installation, where the address is shown to be theirs."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from interlock.converse.models import Post, Reply
from interlock.converse.notices import choosing
from interlock.listen.models import ReplyRoute, Signal, SourceKind


def can_be_told() -> Q:
    """Which themed signals were said in the community by somebody who can be written to; none where no mail is sent."""
    if not settings.MAIL_SERVER:
        return Q(pk__in=[])
    said = Q()
    for model in (Post, Reply):
        said |= Exists(
            model._default_manager.filter(
                signal_key=OuterRef("signal__key"), author__in=choosing.reachable().order_by()
            )
        )
    return said


def ways_to(signals: Iterable[Signal]) -> dict[str, ReplyRoute]:
    """By signal, the way to its author, not stored: their address of this moment. Two queries, none without such signals."""
    said = {one.key: one.source for one in signals if one.source.kind == SourceKind.COMMUNITY}
    if not (said and settings.MAIL_SERVER):
        return {}
    return {
        key: ReplyRoute(signal_key=key, source=said[key], address=address)
        for model in (Post, Reply)
        for key, address in model._default_manager.filter(
            signal_key__in=said, author__in=choosing.reachable().order_by()
        ).values_list("signal_key", "author__user__email")
    }
