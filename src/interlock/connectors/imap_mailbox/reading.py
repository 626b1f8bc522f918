"""What is new in a folder, the oldest first, in pages of mails that are never marked as read.

The cursor is "UIDVALIDITY:last UID". When the server numbers its mails anew, the folder is read again and the mails
that are known are recognised by their keys.
"""

import imaplib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from ..live import Answered, Incoming, NotTaken, Page, Reach, Route
from ..mail import LONGEST_MAIL, Mail, contact_key, read_mail
from ..mail.message import plain_subject
from ..mail.return_address import token_in
from .account import Account
from .client import Mailbox, signed_in

PAGE = 50
# So many bytes are asked for at once.
GROUP_BYTES = 16_000_000
# The beginning of a longer mail: headers and, nearly always, the whole text.
BEGINNING = 1_000_000
# Numbers asked for at once; their list stays under the longest line that is read, 10 MB.
WINDOW = 500_000
LARGEST_SKEW = timedelta(days=1)

Row = Incoming | NotTaken | Answered | None


def read_pages(account: Account, cursor: str, reach: Reach) -> Iterator[Page]:
    """Hand over what came after `cursor`."""
    with signed_in(account) as mailbox:
        folder = mailbox.open_folder(account.folder)
        validity = int(folder.get(b"UIDVALIDITY", 0))
        last = _last_uid(cursor, validity)
        since = None if last or not account.days else (reach.now() - timedelta(days=account.days)).date()
        newest = int(folder.get(b"UIDNEXT", 0)) - 1
        done = last
        for uids in _windows(mailbox, last, newest, since, reach):
            for start in range(0, len(uids), PAGE):
                page = uids[start : start + PAGE]
                done = page[-1]
                yield _page(account, mailbox, page, f"{validity}:{done}", reach)
        if newest > done:
            yield Page((), f"{validity}:{newest}")


def _last_uid(cursor: str, validity: int) -> int:
    known, _, last = cursor.partition(":")
    return int(last) if known == str(validity) and last.isdigit() else 0


def _windows(mailbox: Mailbox, last: int, newest: int, since: Any, reach: Reach) -> Iterator[list[int]]:
    """UIDs above `last`, rising, by windows: a mailbox of millions would not fit one line."""
    if newest < 0:
        # A server that does not say what comes next: ask for everything.
        newest = 2**32 - 1
    low = last + 1
    while low <= newest:
        reach.wait(0)
        high = min(low + WINDOW - 1, newest)
        criteria: list[Any] = ["UID", f"{low}:{high}"]
        if since:
            criteria += ["SINCE", since]
        # "n:*" and servers that turn a range around name the last mail even if it is known.
        found = sorted(uid for uid in mailbox.ask("search", criteria) if low <= uid <= high)
        if found:
            yield found
        low = high + 1


def _page(account: Account, mailbox: Mailbox, uids: Sequence[int], cursor: str, reach: Reach) -> Page:
    reach.wait(0)
    facts = mailbox.ask("fetch", list(uids), ["RFC822.SIZE", "INTERNALDATE"])
    rows: list[Row] = []
    # A mail that somebody deleted meanwhile has no facts.
    for group in _groups([uid for uid in uids if uid in facts], facts):
        reach.wait(0)
        for uid, raw in _fetched(mailbox, group, facts).items():
            rows.append(_row(account, uid, raw, facts[uid], reach.now()))
    return Page(
        rows=tuple(row for row in rows if isinstance(row, Incoming)),
        cursor=cursor,
        refused=tuple(row for row in rows if isinstance(row, NotTaken)),
        answered=tuple(row for row in rows if isinstance(row, Answered)),
    )


def _groups(uids: Sequence[int], facts: dict[int, Any]) -> Iterator[list[int]]:
    group: list[int] = []
    size = 0
    for uid in uids:
        bytes_ = int(facts[uid].get(b"RFC822.SIZE") or 0)
        if bytes_ > LONGEST_MAIL:
            yield [uid]
            continue
        if group and size + bytes_ > GROUP_BYTES:
            yield group
            group, size = [], 0
        group.append(uid)
        size += bytes_
    if group:
        yield group


def _fetched(mailbox: Mailbox, group: list[int], facts: dict[int, Any]) -> dict[int, bytes | None]:
    """The mails of a group in order; None for one that the server cannot hand over."""
    long = int(facts[group[0]].get(b"RFC822.SIZE") or 0) > LONGEST_MAIL
    part, key = (f"BODY.PEEK[]<0.{BEGINNING}>", b"BODY[]<0>") if long else ("BODY.PEEK[]", b"BODY[]")
    try:
        answers = mailbox.ask("fetch", group, [part])
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        if len(group) == 1:
            return {group[0]: None}
        return {uid: raw for one in group for uid, raw in _fetched(mailbox, [one], facts).items()}
    return {uid: answers.get(uid, {}).get(key) for uid in group}


def _row(account: Account, uid: int, raw: bytes | None, facts: dict[bytes, Any], now: datetime) -> Row:
    place = f"{account.folder}, mail {uid}"
    if raw is None:
        return NotTaken(place, "The mail server could not hand this mail over. Look at it in the mailbox.")
    whole = int(facts.get(b"RFC822.SIZE") or 0) <= LONGEST_MAIL
    mail = read_mail(raw, whole=whole)
    if token := token_in(raw, account.address):
        return Answered(token, mail.key, place, raw, whole)
    if mail.sender.lower() == account.address:
        if _is_our_answer(mail, account):
            return None
        return NotTaken(place, "written from this mailbox itself", payload=_shown(mail))
    if mail.automatic:
        return NotTaken(place, mail.automatic, payload=_shown(mail))
    if not mail.body and not mail.subject and not mail.attachments:
        return NotTaken(place, "an empty mail: neither subject nor text", field="body")
    occurred_at, notes = _when(mail, facts.get(b"INTERNALDATE"), now)
    if mail.attachments:
        notes.append(f"{mail.attachments} attachment{'s' if mail.attachments > 1 else ''} left out")
    return Incoming(
        table="signals",
        row={
            "signal_id": f"mail:{mail.key}",
            "kind": account.kind,
            "occurred_at": occurred_at.isoformat(),
            "contact_id": mail.contact or None,
            "channel": "mail",
            "title": plain_subject(mail.subject) or None,
            "body": mail.body or None,
        },
        place="; ".join([place, *notes, *mail.notes]),
        route=_route(mail),
    )


def _is_our_answer(mail: Mail, account: Account) -> bool:
    """Whether this is the copy of an answer that was sent from here: its id is one of our references."""
    reference, _, domain = mail.message_id.partition("@")
    try:
        return domain == account.domain and str(UUID(reference)) == reference
    except ValueError:
        return False


def _when(mail: Mail, arrived: Any, now: datetime) -> tuple[datetime, list[str]]:
    """When it was written, by the author's clock unless that is far from the mail server's."""
    known = arrived.astimezone(UTC) if isinstance(arrived, datetime) and arrived.tzinfo else now
    known = min(known, now)
    if mail.sent_at is None:
        return known, ["no valid date; the time of arrival counts"]
    if abs(mail.sent_at - known) > LARGEST_SKEW:
        return known, [f"dated {mail.sent_at:%Y-%m-%d %H:%M}; the time of arrival counts"]
    return mail.sent_at, []


def _route(mail: Mail) -> Route | None:
    if not mail.sender:
        return None
    # A talk without ids is known by its author, so that an answer at least finds its way.
    thread = mail.thread or contact_key(mail.sender)
    return Route(mail.sender, thread, {"references": mail.references, "subject": mail.subject})


def _shown(mail: Mail) -> str:
    return json.dumps({"subject": mail.subject, "contact_id": mail.contact}, ensure_ascii=False)
