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
    by_mail = ReplyRoute.objects.filter(address__iexact=address).exclude(address="")
    told = {*here, *by_mail.values_list("signal_key", flat=True)}
    return sorted(told | _added_to_no(told))


def _added_to_no(keys: Collection[str]) -> set[str]:
    """Words that came with a no to what they were told are a signal without address; some are not settled yet."""
    people = ToldPerson.objects.filter(signals__signal_key__in=keys).distinct()
    added = Q(pk__in=[])
    for one in people:
        added |= Q(key__startswith=replying.added_by(one))
    settled = Signal.objects.filter(added).values_list("key", flat=True)
    waiting = InboxRow.objects.filter(added, table="signals").values_list("key", flat=True)
    return {*settled, *waiting}
