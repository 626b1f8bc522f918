"""Who was erased here must not come back with an old file: their addresses, or names where another community has no more,
and the keys of what they said, as marks.

A mark is made with the key of the installation, so that the list tells nobody who is on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import batched

from django.utils.crypto import salted_hmac

from interlock.fabric.models import Forgotten

AT_ONCE = 5_000


def signal(key: str) -> str:
    """What a signal is called in the list; it never comes back."""
    return f"signal {key}"


def mail(address: str) -> str:
    """What an address is called in the list; what was said from it before does not come back."""
    return f"mail {address.strip().lower()}"


def author(source: str, key: str) -> str:
    """What somebody whom another community knows by name alone is called in the list, like an address."""
    return f"author {source} {key}"


def forget(*, names: Iterable[str], now: datetime) -> None:
    """Keep marks of these names; one that is there gets the later moment."""
    rows = [Forgotten(mark=_mark(name), at=now) for name in dict.fromkeys(names)]
    Forgotten.objects.bulk_create(
        rows, AT_ONCE, update_conflicts=True, unique_fields=["mark"], update_fields=["at"]
    )


def nobody() -> bool:
    """Whether nobody was ever erased here. One query."""
    return not Forgotten.objects.exists()


def forgotten_among(names: Collection[str]) -> dict[str, datetime]:
    """Those of these names that were forgotten, and when. One query for 5,000 names."""
    marks = {_mark(name): name for name in names}
    return {
        marks[mark]: at
        for some in batched(marks, AT_ONCE)
        for mark, at in Forgotten.objects.filter(mark__in=some).values_list("mark", "at")
    }


def _mark(name: str) -> str:
    return salted_hmac("fabric.forgotten", name, algorithm="sha256").hexdigest()
