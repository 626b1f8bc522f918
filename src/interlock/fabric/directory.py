"""The directory: who takes part, on which sides, found by name, in pages that cost the same at any place."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from interlock.fabric.access import Act, may
from interlock.fabric.away import away_at
from interlock.fabric.models import STAFF_ROLES, CustomerSide, Person, Role, User
from interlock.fabric.people import people_visible_to
from interlock.fabric.personal import may_read_personal

PAGE = 50


class Side(StrEnum):
    """Where somebody stands. Whoever is a customer too is found there as well."""

    EMPLOYEE = "employee"
    PARTNER = "partner"
    CUSTOMER = "customer"


@dataclass(frozen=True)
class Wanted:
    """What people are narrowed by; empty ones do not narrow. `who` is empty (who is here), away or left."""

    side: Side = Side.EMPLOYEE
    words: str = ""
    function: str = ""
    who: str = ""


@dataclass(frozen=True)
class Page:
    """People of one page; `later` is the number after which the next one begins."""

    people: Sequence[Person]
    later: int | None


def on_side(people: QuerySet[Person], side: Side) -> QuerySet[Person]:
    """Those who stand there."""
    if side == Side.CUSTOMER:
        return people.filter(
            Q(role=Role.CUSTOMER) | Q(Exists(CustomerSide.objects.filter(person=OuterRef("pk"))))
        )
    return people.filter(role__in=STAFF_ROLES) if side == Side.EMPLOYEE else people.filter(role=Role.PARTNER)


def found_for(me: Person, wanted: Wanted, now: datetime) -> QuerySet[Person]:
    """Those of them whom this person sees. An address is searched by those who may read personal data."""
    found = on_side(people_visible_to(me), wanted.side)
    if wanted.who == "left":
        # Who was erased has no account and no name: nobody to be found.
        found = found.filter(left_at__isnull=False, user__isnull=False)
    else:
        found = found.filter(left_at=None)
    if wanted.who == "away":
        found = found.filter(away_at(now))
    if wanted.function:
        found = found.annotate(codes=Cast("functions", TextField())).filter(
            codes__contains=f'"{wanted.function}"'
        )
    if words := wanted.words.strip():
        by_address = _by_address(words) if "@" in words and may_read_personal(me) else Q()
        found = found.filter(Q(name__icontains=words) | by_address)
    return found


def _by_address(words: str) -> Q:
    """Whose address begins like this, by its index; of `@example.com` whose address holds it, which reads them all.

    Addresses are kept in small letters. SQLite walks its index only between two ends, PostgreSQL only for LIKE.
    """
    words = words.lower()
    if words.startswith("@"):
        like = Q(email__contains=words)
    elif connection.vendor == "sqlite":
        like = Q(email__gte=words, email__lt=words + chr(sys.maxunicode))
    else:
        like = Q(email__startswith=words)
    return Q(user__in=User.objects.filter(like).values("pk"))


def page_after(found: QuerySet[Person], after: int | None) -> Page:
    """The fifty that come after this person by name. Two queries, four with what is fetched along."""
    last = Person.objects.filter(pk=after).values_list("name", flat=True).first() if after else None
    if last is not None:
        found = found.filter(name__gte=last).exclude(name=last, pk__lte=after)
    people = list(found.order_by("name", "pk").prefetch_related("customer_sides")[: PAGE + 1])
    return Page(people[:PAGE], people[PAGE - 1].pk if len(people) > PAGE else None)


def counts(me: Person) -> dict[Side, int]:
    """How many this person sees on each side. Two queries."""
    if not may(me, Act.READ):
        return {}
    here = Person.objects.filter(left_at=None)
    by_role = dict(here.order_by().values_list("role").annotate(n=Count("pk")))
    too = here.exclude(role=Role.CUSTOMER).filter(customer_sides__isnull=False).distinct().count()
    return {
        Side.EMPLOYEE: sum(by_role.get(role, 0) for role in STAFF_ROLES),
        Side.PARTNER: by_role.get(Role.PARTNER, 0),
        Side.CUSTOMER: by_role.get(Role.CUSTOMER, 0) + too,
    }


def people_of(me: Person, key: str) -> QuerySet[Person]:
    """Who is here for an organisation: its partners or customers, as far as this person sees them."""
    belongs = Q(account_key=key) | Q(
        Exists(CustomerSide.objects.filter(person=OuterRef("pk"), account_key=key))
    )
    return people_visible_to(me).filter(belongs, left_at=None)
