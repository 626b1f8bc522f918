"""Which signals are somebody's own? What hangs on them is erased with them, and is in the copy that they get."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from interlock.converse.loop import replying
from interlock.converse.models import ToldPerson
from interlock.fabric.models import Person
from interlock.listen.models import InboxRow, ReplyRoute, Signal


def signals_of(person: Person, address: str) -> list[str]:
    """What they told us here and, as the address was shown to be theirs, by mail, with what they added to a no. Five queries."""
    here = Signal.objects.filter(contact_key=f"community:{person.pk}").values_list("key", flat=True)
    told = {*here, *_by_mail(address)}
    return sorted(told | _added_to_no(told))


def signals_from(address: str) -> list[str]:
    """What came in from an address, with what was added to a no. Four queries."""
    told = _by_mail(address)
    return sorted(told | _added_to_no(told))


def _by_mail(address: str) -> set[str]:
    routes = ReplyRoute.objects.filter(address__iexact=address).exclude(address="")
    return set(routes.values_list("signal_key", flat=True))


def _added_to_no(keys: Collection[str]) -> set[str]:
    """Words that came with a no to what they were told are a signal without address; some are not settled yet."""
    people = ToldPerson.objects.filter(signals__signal_key__in=keys).distinct()
    added = Q(pk__in=[])
    for one in people:
        added |= Q(key__startswith=replying.added_by(one))
    settled = Signal.objects.filter(added).values_list("key", flat=True)
    waiting = InboxRow.objects.filter(added, table="signals").values_list("key", flat=True)
    return {*settled, *waiting}
