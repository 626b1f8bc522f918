"""A bike whose charging socket loses its cap: forty riders write about it, each once and in words of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import product

BOX = "service@aldermoor.example"
WROTE_FOR = timedelta(days=4)
RIDERS = (
    "Kim Lowe", "Ada Brandt", "Ben Okafor", "Cora Stein", "Dan Pereira", "Elif Kaya", "Finn Olsen", "Greta Wolf",
    "Hugo Marsh", "Ida Lund", "Jonas Weiss", "Karla Nowak", "Liam Byrne", "Mara Vogt", "Nils Ekman", "Olga Petrov",
    "Paul Reiter", "Quinn Hart", "Rosa Bianchi", "Sven Holm", "Tara Singh", "Ugo Conti", "Vera Lang", "Wim de Boer",
    "Xenia Roth", "Yara Haddad", "Zoe Clark", "Anton Beck", "Britta Kern", "Carl Dahl", "Dora Horvat", "Emil Frank",
    "Fay Osei", "Gus Moreau", "Hana Sato", "Ivo Marin", "Jette Krog", "Kurt Adler", "Lea Simon", "Max Bauer",
)  # fmt: skip
OPENINGS = (
    "The rubber cap of the charging socket has torn off my Plover",
    "The little cap over the charging socket no longer closes",
    "My charging socket lost its rubber cap after two months",
    "The cap on the charging socket broke the third time I charged the bike",
    "The flap of the charging socket hangs by a thread",
    "The rubber plug that covers the charging socket fell off on the road",
    "The cover of my charging socket came off in my hand",
    "The cap of the charging socket has a crack and will not stay shut",
)
ENDINGS = (
    ", and now water gets into it.",
    ", and rain runs straight into the socket.",
    ". Is it safe to charge it when the socket is wet?",
    ". I cover the socket with tape until you send me a new cap.",
    ". The shop says there is no spare cap to be had.",
)


def mails(now: datetime) -> list[tuple[datetime, bytes]]:
    """The complaints of the days before, each with the moment it was written, the oldest first."""
    words = [opening + ending for ending, opening in product(ENDINGS, OPENINGS)]
    apart = WROTE_FOR / (len(RIDERS) + 1)
    return [
        _mail(rider, text, now - WROTE_FOR + number * apart)
        for number, (rider, text) in enumerate(zip(RIDERS, words, strict=True))
    ]


def address_of(rider: str) -> str:
    return f"{rider.lower().replace(' ', '.')}@riders.example"


def _mail(rider: str, words: str, at: datetime) -> tuple[datetime, bytes]:
    message = EmailMessage()
    message["From"], message["To"] = f"{rider} <{address_of(rider)}>", BOX
    message["Subject"], message["Date"] = "My charging socket", format_datetime(at)
    message["Message-ID"] = f"<socket-{address_of(rider)}>"
    message.set_content(f"Hello,\n\n{words}\n\nRegards\n{rider}\n")
    return at, message.as_bytes()
