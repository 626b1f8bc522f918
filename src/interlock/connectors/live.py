"""What a live connector is: it is asked again and again, and hands over what is new since a cursor.

A connector is a small object without state: everything it needs comes as an argument (the administrator's
answers, the cursor of the last asking, and `Reach`, through which alone it touches the world). `conformance.py`
holds every connector to the promises made here.

Two kinds exist. A `LiveConnector` hands over pages of rows; each page's rows and cursor are stored in one
transaction, so a killed asking goes on at the last stored page, and rows that come again are duplicates.
An `ImportingConnector` names files or queries that are read as imports are, with the source's mapping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from .errors import ConnectorError

Answers = Mapping[str, str]

# What was handed over can be found in the other system after this long: own copies of mails arrive within seconds,
# the rest leaves a mail server room to be started anew.
SHOWN_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True)
class HttpReply:
    """What another system said: any status except those that `Http` raises for. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http(Protocol):
    """The one way out: checked addresses, bounded size and time, redirects checked again, nothing retried."""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> HttpReply:
        """Ask once.

        Redirects are followed for GET and HEAD only, and credentials never go along to another host.

        Raises:
            AddressRefused: the address is private, reserved or of another scheme; nothing was sent.
            Unreachable: no answer, or one too long or too slow; the text names the host.
        """
        ...


@dataclass(frozen=True)
class Question:
    """One thing the administrator is asked for: `kind` is text, secret, number, choice, address or folder.

    An address says where the secrets go: when it changes, they are asked for again. A secret that is `renewed` comes
    from the other system (`Reach.keep`, or a person's consent); when an address changes it is forgotten instead.
    """

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    required: bool = True
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    renewed: bool = False


@dataclass(frozen=True)
class Route:
    """How the author of one signal is answered. It is kept apart from the signal and never leaves with it."""

    address: str = ""
    thread: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Incoming:
    """One record: columns of a contract table as plain JSON values, times as ISO 8601 in UTC, money as text.

    Keys carry the system and the account it was read from (`zd:acme:35436`), so that two sources never clash.
    `place` says where it stood in the system of record, for a person who looks it up.
    """

    table: str
    row: Mapping[str, Any]
    place: str
    route: Route | None = None


@dataclass(frozen=True)
class NotTaken:
    """One record that cannot be taken, with what came and a reason a person can act on."""

    place: str
    reason: str
    field: str = ""
    payload: str = ""


@dataclass(frozen=True)
class Answered:
    """A mail that answers one of ours, as it came: no signal, but a line of the talk that `token` leads to.

    `whole` is False where `raw` is only its beginning. `key` is the same whenever the mail is met.
    """

    token: str
    key: str
    place: str
    raw: bytes
    whole: bool = True


@dataclass(frozen=True)
class Page:
    """What one step of an asking brought. The next asking starts from `cursor`, whatever happens after."""

    rows: tuple[Incoming, ...]
    cursor: str
    refused: tuple[NotTaken, ...] = ()
    answered: tuple[Answered, ...] = ()


def _keeps_nothing(_secrets: Answers) -> None:
    raise ConnectorError("A renewed secret cannot be kept here, so none was asked for.")


@dataclass(frozen=True)
class Reach:
    """Everything a connector may touch: the guarded HTTP function, the time, waiting, and a stop sign.

    `wait` raises `Interrupted` when the asking is to end; long work calls it between steps. Files are read
    below `folders` only, and private addresses asked at `private_hosts` only: whoever runs this machine named them.

    `keep` seals and commits secrets that the other system has just renewed, before it returns: call it at once,
    since the old ones may be void. `kept` reads the newest: another asking may have renewed them meanwhile.
    """

    http: Http
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    folders: tuple[Path, ...] = ()
    private_hosts: frozenset[str] = frozenset()
    keep: Callable[[Answers], None] = _keeps_nothing
    kept: Callable[[], Answers] = dict


@runtime_checkable
class LiveConnector(Protocol):
    """A system of record that is asked for what is new."""

    kind: str
    title: str
    purpose: str
    questions: tuple[Question, ...]
    ask_every: int

    def check(self, answers: Answers, reach: Reach) -> str:
        """Connect, read as little as possible, and say in a sentence what is there.

        Raises:
            ConnectorError: what is wrong and how to mend it, without any secret in the text.
        """
        ...

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        """Hand over what is new since `cursor` (empty: from the beginning), the oldest first, in pages.

        Raises:
            TryLater, Unauthorised, ConnectorError: pages handed over before stay good.
        """
        ...


@dataclass(frozen=True)
class Letter:
    """An answer on its way out. `reference` is the same at every try, so that the other system's copy is found.

    `tried_at` is when it was last handed over, where that is known: a system that shows it late needs to know.
    """

    reference: str
    author: str
    text: str
    subject: str = ""
    tried_at: datetime | None = None


@dataclass(frozen=True)
class Sent:
    """The other system's word that it has the answer."""

    foreign_id: str
    url: str = ""


@runtime_checkable
class AnsweringConnector(Protocol):
    """A connector that can also answer."""

    def send(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent:
        """Send once.

        Raises:
            NotSent: it was surely not sent, and trying again is safe (or useless, if `for_good`).
            PerhapsSent: the connection broke at the moment of handing over.
        """
        ...

    def find(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent | None:
        """Look whether a letter with this reference is there already; None when it surely is not.

        Asked no sooner than SHOWN_WITHIN after the letter may last have been handed over (`letter.tried_at`).

        Raises:
            PerhapsSent: this system cannot tell.
        """
        ...


@dataclass(frozen=True)
class ToImport:
    """What is to be read as one import; `cursor` holds once it is stored.

    `location` is a file, a folder or a database address without its password. `cursor_if_refused` holds
    when it cannot be read at all, so that one bad file is tried again only when it changes; without it the
    next asking tries again.
    """

    location: str
    title: str
    cursor: str
    cursor_if_refused: str = ""
    # Other parts of the same records came before: what the mapping reads and this does not hold is not missing.
    in_part: bool = False
    # Of a folder: the files that belong together, by their names in it. Empty: all that it holds.
    files: tuple[str, ...] = ()
    # Table of the system of record -> (watermark column, value from which on rows are read).
    since: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@runtime_checkable
class ImportingConnector(Protocol):
    """A folder or database whose news are read as imports, through the source's mapping.

    `due` finds that mapping, as YAML, among its answers under the name `mapping`.
    """

    kind: str
    title: str
    purpose: str
    questions: tuple[Question, ...]
    ask_every: int

    def check(self, answers: Answers, reach: Reach) -> str: ...

    def due(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[ToImport]:
        """Name what is new since `cursor`, the oldest first; nothing when nothing is."""
        ...


@runtime_checkable
class Lying(Protocol):
    """Knows which files lie in front of it, so that one which failed and was taken away is forgiven."""

    def lying(self, answers: Answers, reach: Reach) -> frozenset[str]: ...


class AddressRefused(ConnectorError):
    """An address that must not be asked; the text says why. Nothing was sent."""


class Unreachable(ConnectorError):
    """No answer that could be taken. `handed_over`: the other system may have got the request."""

    def __init__(self, text: str, *, handed_over: bool = True) -> None:
        super().__init__(text)
        self.handed_over = handed_over


class TryLater(ConnectorError):
    """The other system asks for patience; `seconds` is its own word, or ours."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


class Unauthorised(ConnectorError):
    """The credentials are no longer taken; asking again is useless until somebody renews them."""


class Interrupted(ConnectorError):
    """The asking was told to end: paused, stopped, or out of time. What was stored stays."""


class NotSent(ConnectorError):
    """An answer was surely not sent. `for_good`: trying again will not help."""

    def __init__(self, text: str, *, for_good: bool = False) -> None:
        super().__init__(text)
        self.for_good = for_good


class PerhapsSent(ConnectorError):
    """Nobody can tell from here whether the answer went out."""
