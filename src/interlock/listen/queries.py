"""What may be read of sources, imports and signals, and by whom."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen.models import Arrival, Facet, Import, Signal, SignalsCopied, Source, SourceKind, State
from interlock.listen.selection import COUNTED_TO, recent_counts

EARLIER_SHOWN = 8
IMPORTS_SHOWN = 50


def signals_visible_to(person: Person | None) -> QuerySet[Signal]:
    """Signals this person may read: all for staff, none for others until customers have pages of their own."""
    return Signal.objects.all() if may(person, Act.READ) else Signal.objects.none()


def imports_visible_to(person: Person | None) -> QuerySet[Import]:
    """Imports this person may look at."""
    return (
        Import.objects.select_related("source", "made_by") if may(person, Act.READ) else Import.objects.none()
    )


def arrivals_visible_to(person: Person | None) -> QuerySet[Arrival]:
    """Batches of live records this person may look at."""
    return Arrival.objects.select_related("source", "by") if may(person, Act.READ) else Arrival.objects.none()


def sources_visible_to(person: Person | None) -> QuerySet[Source]:
    """Sources this person may see, without those that were removed."""
    return Source.objects.filter(removed_at=None) if may(person, Act.READ) else Source.objects.none()


def demo_source() -> Source | None:
    """The demo company, while it is loaded."""
    return Source.objects.filter(kind=SourceKind.DEMO, removed_at=None).first()


def only_hears() -> bool:
    """Whether signals come in live and nothing was ever imported, so that no rule runs over records. Two queries."""
    return Signal.objects.exists() and not Import.objects.filter(state=State.DONE).exists()


def drafts(person: Person | None) -> QuerySet[Import]:
    """Uploads that nobody has finished preparing."""
    return imports_visible_to(person).filter(
        state__in=[State.DRAFT, State.WAITING, State.RUNNING, State.FAILED], source=None
    )


def all_facets() -> dict[str, list[tuple[str, int]]]:
    """Values to filter signals by, with their counts, the most frequent first. One query."""
    facets: dict[str, list[tuple[str, int]]] = {}
    for name, value, signals in Facet.objects.order_by("-signals", "value").values_list(
        "name", "value", "signals"
    ):
        facets.setdefault(name, []).append((value, signals))
    return facets


def signals_copied() -> SignalsCopied:
    """What the copies of the signals show: how many, until when, how the newest days went, as of which snapshot.

    Signals that came in live are on the list minutes before the next sync counts them, so they are added; a small
    number is counted anew. Two or three queries.
    """
    copied = SignalsCopied.objects.filter(pk=1).first() or SignalsCopied()
    live = Signal.objects.filter(in_records=False)
    came_in = recent_counts(live.filter(received_at__gt=copied.at) if copied.at else live, copied.latest_at)
    copied.recent = {name: count + copied.recent.get(name, 0) for name, count in came_in.items()}
    copied.signals += came_in["signals"]
    if copied.signals < COUNTED_TO:
        newest = Signal.objects.order_by("-occurred_at", "-id").values("occurred_at")[:COUNTED_TO]
        found = newest.aggregate(signals=Count("*"), latest=Max("occurred_at"))
        copied.signals, copied.latest_at = found["signals"], found["latest"]
    return copied


def earlier_signals(signal: Signal, person: Person | None) -> QuerySet[Signal]:
    """What else the same customer said, the newest first: the account, or the contact where none is named."""
    if signal.account_key:
        same = Q(account_key=signal.account_key)
    elif signal.contact_key:
        same = Q(contact_key=signal.contact_key)
    else:
        return Signal.objects.none()
    others = signals_visible_to(person).filter(same).exclude(pk=signal.pk)
    return others.order_by("-occurred_at", "-id")


def sources_note(person: Person | None) -> str:
    """What the rail says beside Sources: how many there are, how many of them can be asked, or that one is read."""
    cannot = Q(paused_at=None, ask_every__isnull=False) & (Q(failures__gt=0) | Q(ask_at=None))
    states = sources_visible_to(person).aggregate(
        sources=Count("pk", distinct=True),
        broken=Count("pk", distinct=True, filter=cannot),
        moving=Count("imports", filter=Q(imports__state=State.RUNNING)),
    )
    if states["moving"]:
        return _("reading")
    if not states["sources"]:
        return _("none")
    if states["broken"]:
        return _("%(well)d of %(all)d") % {
            "well": states["sources"] - states["broken"],
            "all": states["sources"],
        }
    return ngettext("%(n)d", "%(n)d", states["sources"]) % {"n": states["sources"]}


def signal_ids(keys: Collection[str]) -> dict[str, int]:
    """The signals of these keys, for links from rows that name them. One query, none without keys."""
    return dict(Signal.objects.filter(key__in=keys).values_list("key", "pk")) if keys else {}
