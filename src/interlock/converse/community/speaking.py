"""Who says something in the community, and how everybody reads them: "Marta H.", never an address."""

from __future__ import annotations

from dataclasses import dataclass

from interlock.converse.models import Contribution
from interlock.fabric.models import Company, Person, Role

Origin = Contribution.Origin
LONGEST_NAME = 60


@dataclass(frozen=True)
class Speaker:
    """Whose words they are. Without `person` and `written_by` they came without an account and are held first."""

    name: str
    word: str
    person: Person | None = None
    written_by: Person | None = None
    origin: str = Origin.OWN
    quoted_from: str = ""
    caller: str = ""
    address: str = ""  # where somebody without account is told what became of it

    @property
    def is_known(self) -> bool:
        return self.person is not None or self.written_by is not None

    @property
    def is_customer_voice(self) -> bool:
        """Whether the words are a customer's or partner's, so that they are a signal too."""
        if self.origin == Origin.HOUSE:
            return False
        return self.person is None or not self.person.is_staff_side


def shown_name(name: str) -> str:
    """The first name and the letter of the last: Marta H. One word stays as it is."""
    parts = name.split()
    return f"{parts[0]} {parts[-1][0].upper()}." if len(parts) > 1 else name.strip()


def as_person(person: Person, company: Company) -> Speaker:
    """Somebody who signed in. Colleagues and partners stand for a house and give their whole name."""
    if person.is_staff_side:
        return Speaker(person.name, str(company), person)
    if person.role == Role.PARTNER:
        return Speaker(person.name, company.partner_word, person)
    return Speaker(shown_name(person.name), company.customer_word, person)


def without_account(name: str, company: Company, caller: str, address: str = "") -> Speaker:
    """Somebody who gave a name, and an address only to be told what became of their words."""
    return Speaker(shown_name(name), company.customer_word, caller=caller, address=address)


def on_behalf(name: str, by: Person, company: Company, quoted_from: str) -> Speaker:
    """A customer whose words a colleague writes down, saying where they were said."""
    return Speaker(
        shown_name(name),
        company.customer_word,
        written_by=by,
        origin=Origin.BEHALF,
        quoted_from=quoted_from.strip(),
    )


def of_the_house(by: Person, company: Company) -> Speaker:
    """The company itself, with a question that many ask."""
    return Speaker(str(company), "", written_by=by, origin=Origin.HOUSE)
