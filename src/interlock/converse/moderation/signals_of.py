"""Which signals are somebody's own? What hangs on them is erased with them, and is in the copy that they get."""

from __future__ import annotations

from interlock.fabric.models import Person
from interlock.listen.models import ReplyRoute, Signal


def signals_of(person: Person, address: str) -> list[str]:
    """What they told us here and, as the address was shown to be theirs, by mail. Two queries."""
    here = Signal.objects.filter(contact_key=f"community:{person.pk}").values_list("key", flat=True)
    by_mail = ReplyRoute.objects.filter(address__iexact=address).exclude(address="")
    return sorted({*here, *by_mail.values_list("signal_key", flat=True)})
