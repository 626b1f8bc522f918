"""Is an answer there already? Its mail has a fixed id, and a copy of it lies in the mailbox where it went out."""

from imapclient.imapclient import SENT

from ..errors import ConnectorError
from ..live import SHOWN_WITHIN, Letter, PerhapsSent, Reach, Sent
from .account import Account
from .client import Mailbox, signed_in
from .sending import message_id


def find_letter(account: Account, letter: Letter, reach: Reach) -> Sent | None:
    """Look for the answer in the mailbox; None when it surely is not there.

    Raises:
        PerhapsSent: it is not there, but may be on its way, or no copies are kept.
    """
    try:
        found = _found(account, message_id(account, letter), reach)
    except PerhapsSent:
        raise
    except ConnectorError as error:
        # A mailbox that cannot be looked into proves nothing, whatever keeps us out.
        raise PerhapsSent(f"Nobody can look for the copy of the answer: {error}") from error
    if found:
        return found
    if not account.copies:
        raise PerhapsSent("No copies of answers are kept in the mailbox, so nobody can tell from there.")
    if letter.tried_at is None or reach.now() - letter.tried_at < SHOWN_WITHIN:
        raise PerhapsSent(
            "The copy of the answer has not arrived in the mailbox; it may still be on its way."
        )
    return None


def _found(account: Account, wanted: str, reach: Reach) -> Sent | None:
    with signed_in(account) as mailbox:
        for folder in _folders(account, mailbox):
            reach.wait(0)
            mailbox.open_folder(folder)
            if mailbox.ask("search", ["HEADER", "Message-ID", wanted]):
                return Sent(foreign_id=wanted)
    return None


def _folders(account: Account, mailbox: Mailbox) -> list[str]:
    """Where a copy can lie: where mails arrive, the folder that is read, and that of sent mails."""
    sent = mailbox.ask("find_special_folder", SENT)
    folders = ["INBOX", account.folder, *([str(sent)] if sent else [])]
    return list(dict.fromkeys(folders))
