"""The lists of the directory: people by side, and organisations, in pages of fifty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from interlock.fabric import away, directory, organisations, records
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.directory import Side, Wanted
from interlock.fabric.models import CustomerSide, Person, Role
from interlock.fabric.numbers import number_of
from interlock.web import figures
from interlock.web.directory.filters import AccountFilters, PeopleFilters
from interlock.web.templatetags.components import function_name

_SALT = "directory"


@dataclass(frozen=True)
class PersonRow:
    """One person as a list shows them."""

    person: Person
    functions: str
    organisation: str
    organisation_url: str
    too: str
    away: str


@require_GET
@needs(Act.READ)
def people(request: HttpRequest) -> HttpResponse:
    """Those of one side, by name."""
    me, now = person_of(request), timezone.now()
    form = PeopleFilters(request.GET)
    wanted = form.wanted()
    page = directory.page_after(directory.found_for(me, wanted, now), number_of(request.GET.get("after")))
    counted = directory.counts(me)
    context = {
        "headline": _headline(sum(counted.values())),
        "tabs": tabs(counted, wanted.side),
        "side": wanted.side.value,
        "form": form,
        "is_narrowed": wanted != Wanted(side=wanted.side),
        "rows": rows_of(page.people, now),
        "later": _further(form.asked(), page.later),
        "may_invite": may(me, Act.ANSWER),
    }
    return render(request, "web/people.html", context)


@require_GET
@needs(Act.READ)
def accounts(request: HttpRequest) -> HttpResponse:
    """Customers' organisations as the records name them, or those of partners."""
    me = person_of(request)
    form = AccountFilters(request.GET)
    wanted = form.wanted(_place(request.GET.get("after", "")))
    found, more = organisations.accounts(wanted)
    here = people_here([one.key for one in found])
    last = signing.dumps([found[-1].name, found[-1].key], salt=_SALT) if more else ""
    context = {
        "headline": _accounts_headline(records.snapshot().counts.get("accounts", 0)),
        "tabs": tabs(directory.counts(me), "accounts"),
        "form": form,
        "is_narrowed": any(form.asked().values()),
        "rows": [(one, here.get(one.key, 0)) for one in found],
        "partners": organisations.partners() if not wanted.after and not any(form.asked().values()) else [],
        "later": _further(form.asked(), last),
    }
    return render(request, "web/organisations.html", context)


def people_here(keys: Sequence[str]) -> dict[str, int]:
    """How many people with an account each organisation has. Two queries."""
    here = Person.objects.filter(account_key__in=keys, left_at=None)
    counted = dict(here.order_by().values_list("account_key").annotate(n=Count("pk")))
    too = CustomerSide.objects.filter(account_key__in=keys, person__left_at=None)
    for key, number in too.order_by().values_list("account_key").annotate(n=Count("pk")):
        counted[key] = counted.get(key, 0) + number
    return counted


def rows_of(people: Sequence[Person], now: Any) -> list[PersonRow]:
    """Each with what the list says of them. Two queries at most."""
    named = organisations.names_of(
        {key for one in people for key in (one.account_key, *_accounts_too(one))} - {""}
    )
    return [
        PersonRow(
            person=one,
            functions=get_text_list([function_name(code) for code in one.functions], _("and")),
            organisation=named.get(one.account_key, ""),
            organisation_url=organisation_address(one.account_key),
            too=_too(one, named),
            away=away.words(one, now),
        )
        for one in people
    ]


def organisation_address(key: str) -> str:
    """Where the page of an organisation is; empty without one. Keys hold any sign, so they travel in the query."""
    return f"{reverse('web:organisation')}?{urlencode({'key': key})}" if key else ""


def tabs(counted: dict[Side, int], current: str) -> list[dict[str, Any]]:
    """The sides with their counts, and the organisations."""
    names = {Side.EMPLOYEE: _("Colleagues"), Side.PARTNER: _("Partners"), Side.CUSTOMER: _("Customers")}
    base = reverse("web:people")
    return [
        *(
            {"name": name, "count": figures.count(counted[side]), "url": f"{base}?side={side}", "current": side == current}
            for side, name in names.items()
        ),
        {"name": _("Organisations"), "count": None, "url": reverse("web:organisations"), "current": current == "accounts"},
    ]  # fmt: skip


def _accounts_too(person: Person) -> list[str]:
    return [one.account_key for one in person.customer_sides.all()]


def _too(person: Person, named: dict[str, str]) -> str:
    """That somebody is a customer too, and of what."""
    sides = _accounts_too(person)
    if not sides:
        return ""
    of = [named[key] for key in sides if key in named]
    if not of:
        return _("customer too")
    also = _("also of %(names)s") if person.role == Role.CUSTOMER else _("customer too, of %(names)s")
    return also % {"names": get_text_list(of, _("and"))}


def _headline(number: int) -> str:
    return ngettext("One person takes part.", "%(n)s people take part.", number) % {
        "n": figures.count(number)
    }


def _accounts_headline(number: int) -> str:
    if not number:
        return _("The records name no organisation yet.")
    return ngettext(
        "The records name one customer.", "The records name %(n)s customers.", number
    ) % {"n": figures.count(number)}  # fmt: skip


def _further(asked: dict[str, str], after: Any) -> str:
    return (
        f"?{urlencode({**{name: value for name, value in asked.items() if value}, 'after': after})}"
        if after
        else ""
    )


def _place(mark: str) -> tuple[str, str] | None:
    try:
        name, key = signing.loads(mark, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return name, key
