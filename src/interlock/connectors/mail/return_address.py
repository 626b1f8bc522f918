"""Which mails answer one of our own? Those that are sent to an address of their own in the mailbox.

`service+re.TOKEN@example.org` reaches the mailbox of `service@example.org` (subaddressing, RFC 5233). What a token means
is for the room that wrote the mail; here it is only found.
"""

import re
from email.parser import BytesHeaderParser
from email.utils import getaddresses

MARK = "+re."
# Of a local part of 64 signs (RFC 5321, 4.5.3.1.1).
LONGEST_TOKEN = 60
# Where the receiving server says to whom a mail was really sent: a reply that was sent as a copy is one as well.
_NAMED_IN = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
_MOST_HEADERS = 200_000


def return_address(mailbox: str, token: str) -> str:
    """The address that leads back with this token."""
    name, _, domain = mailbox.partition("@")
    return f"{name}{MARK}{token}@{domain}"


def token_in(raw: bytes, mailbox: str) -> str:
    """The token that a mail was sent to in this mailbox; empty for every other mail."""
    name, _, domain = mailbox.lower().partition("@")
    wanted = re.compile(
        rf"{re.escape(name)}{re.escape(MARK)}([a-z0-9.]{{1,{LONGEST_TOKEN}}})@{re.escape(domain)}"
    )
    headers = BytesHeaderParser().parsebytes(raw[:_MOST_HEADERS])
    for header in _NAMED_IN:
        given = [str(value)[:20_000] for value in headers.get_all(header, [])]
        for _person, address in getaddresses(given):
            if found := wanted.fullmatch(address.strip().lower()):
                return found.group(1)
    return ""
