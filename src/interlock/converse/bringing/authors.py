"""Who wrote and voted there: the accounts that they have or get here, a batch of rows at a time.

People come in by a code to the address that they had there. Whoever wrote for the company and has no account here is
nobody's account: their name stays on what they wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower

from interlock.converse.bringing.rows import LONGEST_KEY, Author, PostRow, ReplyRow, VoteRow, cleaned
from interlock.converse.models import Bringing, Brought
from interlock.fabric import forgotten, people
from interlock.fabric.models import Person, Role

LONGEST_NAME, LONGEST_ACCOUNT = 120, 200


class Authors:
    """The people of one import. `load` each batch first; with `dry_run` those to be made have no number."""

    def __init__(self, bringing: Bringing, *, dry_run: bool) -> None:
        self.bringing, self.dry_run = bringing, dry_run
        self.made = 0
        self._numbers: dict[str, int | None] = {}
        self._coming: dict[str, Person] = {}
        self._loaded: dict[int, Person] = {}
        self._erased_at: dict[str, datetime] = {}

    def load(self, rows: Sequence[PostRow | ReplyRow | VoteRow]) -> None:
        """Find who is behind these rows, and make customers who have no account. Nine queries at most."""
        each = {_key(row.author): row.author for row in rows if row.author}
        latest = {_key(row.author): row.at for row in sorted(rows, key=lambda row: row.at) if row.author}
        new = [one for key, one in each.items() if key not in self._numbers and key not in self._coming]
        found = self._found(new)
        self._erased_at = forgotten.forgotten_among([self._mark(one) for one in each.values()])
        missing = []
        for one in new:
            person, erased_at = found.get(_key(one)), self._erased_at.get(self._mark(one))
            if person or one.staff:
                self._numbers[_key(one)] = person.pk if person else None
            elif erased_at is None or latest[_key(one)] > erased_at:
                missing.append(one)
        self._make(missing)
        # Anew for each batch: somebody may be erased while the import goes on.
        self._loaded = Person.objects.in_bulk([self._numbers[key] for key in each if self._numbers.get(key)])

    def of(self, author: Author | None) -> Person | None:
        """The account of somebody; None where they have none, as colleagues without account."""
        if author is None:
            return None
        number = self._numbers.get(_key(author))
        return self._coming.get(_key(author)) if number is None else self._loaded.get(number)

    def was_erased(self, author: Author, at: datetime) -> bool:
        """Whether whoever has this address, or was brought in as this one, asked to be forgotten after they wrote this."""
        erased_at = self._erased_at.get(self._mark(author))
        person = self.of(author)
        is_gone = (
            person is not None and person.left_at and person.user_id is None and not person.is_staff_side
        )
        return bool(is_gone) or (erased_at is not None and at <= erased_at)

    def _mark(self, author: Author) -> str:
        """What somebody is called in the list of the erased: by their address, else by what they are called there."""
        if author.mail:
            return forgotten.mail(author.mail)
        # A colleague may be called like a customer who was erased.
        return "" if author.staff else forgotten.author(self.bringing.source, _key(author))

    def _found(self, authors: Sequence[Author]) -> dict[str, Person]:
        """By address, or as the one they were brought in as. An address of ours is no customer's."""
        by_mail = _people_at({one.mail.strip().lower() for one in authors} - {""})
        known = Brought.objects.filter(
            source=self.bringing.source, kind="person", foreign__in=[_key(one) for one in authors]
        )
        by_key = {one.foreign: one.person for one in known.select_related("person")}
        found = {}
        for one in authors:
            at_mail = by_mail.get(one.mail.strip().lower())
            if at_mail and at_mail.is_staff_side and not one.staff:
                at_mail = None
            person = at_mail or by_key.get(_key(one))
            if person:
                found[_key(one)] = person
        return found

    def _make(self, authors: Sequence[Author]) -> None:
        self.made += len(authors)
        if self.dry_run:
            self._coming |= {_key(one): Person(name=_name(one), role=Role.CUSTOMER) for one in authors}
            return
        mails = [one.mail.strip().lower() for one in authors]
        made = people.bring_in_customers([
            people.Newcomer(_name(one), mail if _is_address(mail) else "", cleaned(one.account)[:LONGEST_ACCOUNT])
            for one, mail in zip(authors, mails, strict=True)
        ])  # fmt: skip
        Brought.objects.bulk_create(
            Brought(
                source=self.bringing.source,
                kind="person",
                foreign=_key(one),
                digest="",
                person=person,
                bringing=self.bringing,
            )
            for one, person in zip(authors, made, strict=True)
        )
        self._numbers |= {_key(one): person.pk for one, person in zip(authors, made, strict=True)}


def _name(author: Author) -> str:
    return cleaned(author.name)[:LONGEST_NAME] or "–"


def _key(author: Author) -> str:
    return cleaned(author.key)[:LONGEST_KEY]


def _people_at(addresses: Collection[str]) -> dict[str, Person]:
    rows = Person.objects.annotate(mail=Lower("user__email")).filter(mail__in=addresses)
    return {one.mail: one for one in rows.select_related("user")}


def _is_address(mail: str) -> bool:
    try:
        validate_email(mail)
    except ValidationError:
        return False
    return True
