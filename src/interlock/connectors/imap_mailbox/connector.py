"""The mailbox as a connector: what `live.LiveConnector` and `live.AnsweringConnector` ask for, each in its own file."""

from collections.abc import Iterator

from ..live import Answers, Letter, Page, Reach, Route, Sent
from ..oauth import Grant
from .account import QUESTIONS, account_of
from .client import signed_in
from .finding import find_letter
from .providers import grant_of
from .reading import read_pages
from .sending import send_letter, signed_in_smtp


class ImapMailbox:
    """Reads one folder of a mailbox, and answers from its address."""

    kind = "imap"
    title = "Mailbox (IMAP)"
    purpose = (
        "Mails of customers become signals. Attachments, quoted mails, signatures and automatic messages are left "
        "out; addresses are kept apart, for answering only. Nothing in the mailbox is marked, moved or deleted."
    )
    questions = QUESTIONS
    ask_every = 60

    def grant(self, answers: Answers) -> Grant | None:
        """Consent is asked where no password is used."""
        return grant_of(answers)

    def check(self, answers: Answers, reach: Reach) -> str:
        """Sign in, look at the folder, and at the SMTP server where one is given."""
        account = account_of(answers, reach)
        with signed_in(account) as mailbox:
            mails = int(mailbox.open_folder(account.folder).get(b"EXISTS", 0))
        said = f"{account.folder} of {account.address} holds {mails:,} mails."
        if account.smtp is None:
            return f"{said} Answers are sent by hand, for no SMTP server is given."
        reach.wait(0)
        with signed_in_smtp(account):
            return f"{said} Answers go out through {account.smtp.host}."

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        """Mails since `cursor`, the oldest first."""
        yield from read_pages(account_of(answers, reach), cursor, reach)

    def send(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent:
        """Answer a mail."""
        return send_letter(account_of(answers, reach), route, letter, reach)

    def find(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent | None:
        """Look whether the answer went out."""
        return find_letter(account_of(answers, reach), letter, reach)
