"""The company as its customers see it: its own name, and what it calls them. One row, made when first changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.fabric import journal
from interlock.fabric.models import Company, Person


def company() -> Company:
    """The company with its words, standing ones where the owner has entered none. One query."""
    found = Company.objects.filter(pk=1).first() or Company(pk=1)
    found.customer_word = found.customer_word or _("customer")
    found.customers_word = found.customers_word or _("customers")
    found.partner_word = found.partner_word or _("partner")
    return found


@transaction.atomic
def change_company(*, words: Mapping[str, str], by: Person, now: datetime) -> Company:
    """Keep the company's name and words; the names are those of the columns."""
    found, _made = Company.objects.update_or_create(pk=1, defaults=dict(words))
    journal.note(actor=by, verb="changed", about=found, at=now, detail=dict(words))
    return found
