"""Who wants no mail from here? Only a mark of the address is kept, so that it holds after the person was erased."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.crypto import salted_hmac

from interlock.fabric.models import NoMail


def may_mail(address: str) -> bool:
    """Whether mail that nobody asked for may go to this address. One query."""
    return not NoMail.objects.filter(mark=mark_of(address)).exists()


def stopped_among(addresses: Iterable[str]) -> set[str]:
    """Those of these addresses that want no mail. One query."""
    marks = {mark_of(address): address for address in addresses if address}
    return {marks[mark] for mark in NoMail.objects.filter(mark__in=marks).values_list("mark", flat=True)}


def stop(*, address: str, now: datetime) -> None:
    """Send no mail there any more; codes that somebody asks for still go."""
    NoMail.objects.get_or_create(mark=mark_of(address), defaults={"at": now})


def allow(*, address: str) -> None:
    """Send mail there again."""
    NoMail.objects.filter(mark=mark_of(address)).delete()


def mark_of(address: str) -> str:
    """What stands for an address in the list."""
    return salted_hmac("fabric.no_mail", address.strip().lower(), algorithm="sha256").hexdigest()
