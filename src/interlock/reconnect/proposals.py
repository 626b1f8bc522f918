"""Whom to bring together: people by function, those free first, and a gap where nobody of a function is here.

Nobody is ranked. The order is the rule's order of functions; within a function the leads, then the name.
"""

from __future__ import annotations

from dataclasses import dataclass

from interlock.converse.queries import MOST_CONVENINGS, open_convenings
from interlock.fabric.models import Function, Person, Role
from interlock.reconnect.models import Disconnect
from interlock.reconnect.services.steps import OUTSIDE

MOST_A_FUNCTION = 3


@dataclass(frozen=True)
class Proposal:
    """One seat: the function, and the person proposed for it, or None when nobody of it is here yet."""

    function: str
    person: Person | None
    convenings: int = 0
    chosen: bool = False
    stands_in: bool = False

    @property
    def busy(self) -> bool:
        return self.convenings >= MOST_CONVENINGS

    @property
    def function_name(self) -> str:
        return str(Function(self.function).label)


def proposals_for(disconnect: Disconnect, by: Person) -> list[Proposal]:
    """Seats in the order of the rule, the pair itself always among them. Two queries."""
    staff = list(
        Person.objects.filter(left_at=None, role__in=[Role.OWNER, Role.LEAD, Role.CONTRIBUTOR])
        .select_related("team")
        .order_by("name", "pk")
    )
    held = open_convenings()
    wanted = list(dict.fromkeys([*disconnect.pair, *(code for code in disconnect.bring if code in _CODES)]))
    seats: list[Proposal] = []
    taken: set[int] = set()
    for function in wanted:
        able = sorted((one for one in staff if function in one.functions), key=_leads_first)
        able = [one for one in able if one.pk not in taken]
        if not able:
            seats.append(_empty_seat(function, by, held, taken))
            continue
        free = next((one for one in able if held.get(one.pk, 0) < MOST_CONVENINGS), None)
        for one in able[:MOST_A_FUNCTION]:
            seats.append(Proposal(function, one, held.get(one.pk, 0), chosen=one is free))
            taken.add(one.pk)
    return seats


def facilitators_for(disconnect: Disconnect) -> list[Person]:
    """Staff of neither function, by name. One query."""
    staff = Person.objects.filter(left_at=None, role__in=[Role.OWNER, Role.LEAD, Role.CONTRIBUTOR])
    return [one for one in staff if not set(one.functions) & set(disconnect.pair)]


def _empty_seat(function: str, by: Person, held: dict[int, int], taken: set[int]) -> Proposal:
    """For those outside the company the convener speaks; for a function of our own somebody must be invited."""
    if function in OUTSIDE and by.pk not in taken:
        taken.add(by.pk)
        return Proposal(function, by, held.get(by.pk, 0), chosen=True, stands_in=True)
    return Proposal(function, None)


def _leads_first(person: Person) -> tuple[bool, str]:
    return person.role != Role.LEAD, person.name


_CODES = set(Function.values)
