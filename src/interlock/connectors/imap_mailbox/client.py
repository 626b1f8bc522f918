"""IMAP, read only: folders are opened so that nothing is marked, and every fault is said in words."""

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from ..errors import ConnectorError
from ..live import TryLater, Unauthorised
from ..oauth import Tokens
from .account import Account, Server
from .connecting import CONNECT_SECONDS, STEP_SECONDS, connect, time_limit, tls_context, tls_fault

READ_SECONDS = 60.0
# A mail is fetched whole up to 10 MB, a longer one in part: whatever is larger is no answer to what was asked.
MOST_LITERAL = 12_000_000


class _Imap(imaplib.IMAP4):
    """The standard library's client over a checked connection, with a bound on what a server may send at once."""

    def __init__(self, server: Server, connection: socket) -> None:
        self._connection = connection
        super().__init__(server.host, server.port)

    def _create_socket(self, timeout: float | None = None) -> socket:
        return self._connection

    def read(self, size: int) -> bytes:
        if size > MOST_LITERAL:
            raise self.abort(f"{size:,} bytes in one answer")
        return super().read(size)


class _Client(IMAPClient):  # type: ignore[misc]  # imapclient is untyped
    def __init__(self, server: Server, connection: socket) -> None:
        self._server, self._connection = server, connection
        super().__init__(
            server.host, server.port, ssl=server.security == "tls",
            timeout=SocketTimeout(CONNECT_SECONDS, READ_SECONDS),
        )  # fmt: skip
        self.normalise_times = False

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802  # the name of imapclient's hook
        return _Imap(self._server, self._connection)


class Mailbox:
    """One signed-in connection."""

    def __init__(self, client: _Client, server: Server) -> None:
        self._client = client
        self._server = server

    def ask(self, command: str, *arguments: Any, seconds: float = STEP_SECONDS) -> Any:
        """Run one command of imapclient's within the time limit."""
        with time_limit(self._client.socket(), self._server, seconds):
            return getattr(self._client, command)(*arguments)

    def capabilities(self) -> set[str]:
        """What the server says it can do, in upper case."""
        return {name.decode("ascii", "replace").upper() for name in self.ask("capabilities")}

    def open_folder(self, folder: str) -> dict[bytes, Any]:
        """Open a folder for looking only.

        Raises:
            ConnectorError: there is none of this name; the text lists those there are.
        """
        try:
            opened: dict[bytes, Any] = self.ask("select_folder", folder, True)
        except imaplib.IMAP4.abort:
            raise
        except IMAPClientError:
            names = sorted(str(name) for _, _, name in self.ask("list_folders"))[:20]
            raise ConnectorError(f"There is no folder {folder!r}. There are: {', '.join(names)}.") from None
        return opened


@contextmanager
def signed_in(account: Account) -> Iterator[Mailbox]:
    """A connection to the mailbox; faults inside come out as the errors of `live`.

    Raises:
        Unauthorised: user name and password are not taken.
        TryLater: the server broke off, or asks for patience.
    """
    server = account.imap
    with _said_in_words(server):
        client = _greeted(server)
        try:
            mailbox = Mailbox(client, server)
            if server.security == "starttls":
                _start_tls(mailbox, server)
            _sign_in(mailbox, server)
            yield mailbox
            with suppress(imaplib.IMAP4.error, OSError, TryLater):
                mailbox.ask("logout", seconds=5.0)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.shutdown()


def _greeted(server: Server) -> _Client:
    connection = connect(server, READ_SECONDS)
    try:
        with time_limit(connection, server):
            return _Client(server, connection)
    except BaseException:
        connection.close()
        raise


def _start_tls(mailbox: Mailbox, server: Server) -> None:
    try:
        mailbox.ask("starttls", tls_context())
    except imaplib.IMAP4.abort:
        raise
    except IMAPClientError:
        raise ConnectorError(f"{server.host} offers no STARTTLS on port {server.port}. Choose TLS.") from None
    except OSError as error:
        raise tls_fault(error, server) from None


def _sign_in(mailbox: Mailbox, server: Server) -> None:
    try:
        if server.tokens is None:
            mailbox.ask("login", server.user, server.password)
        else:
            _sign_in_with_token(mailbox, server, server.tokens)
    except LoginError as error:
        if any(word in str(error).upper() for word in ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "TRY AGAIN")):
            raise TryLater(f"{server.host} lets nobody in at the moment.", 300) from None
        if server.tokens is not None:
            raise Unauthorised(
                f"{server.host} does not let {server.user} in with the access that was given. Was it given by this "
                "user, with the right to read mail? Give access again. Nothing was read."
            ) from None
        raise Unauthorised(
            f"{server.host} refused the user name or password of {server.user}. Enter it again; many providers "
            "want an app password. Nothing was read."
        ) from None


def _sign_in_with_token(mailbox: Mailbox, server: Server, tokens: Tokens) -> None:
    """Sign in with an access token; one that is refused before its time is renewed once. Raises LoginError."""
    bearer = "AUTH=XOAUTH2" not in mailbox.capabilities() and "AUTH=OAUTHBEARER" in mailbox.capabilities()
    command = "oauthbearer_login" if bearer else "oauth2_login"
    try:
        mailbox.ask(command, server.user, tokens.access())
    except LoginError:
        mailbox.ask(command, server.user, tokens.renew())


@contextmanager
def _said_in_words(server: Server) -> Iterator[None]:
    try:
        yield
    except ConnectorError:
        raise
    except (imaplib.IMAP4.abort, OSError, EOFError) as error:
        raise TryLater(f"{server.host} broke the connection ({_short(error)}).", 300) from error
    except (imaplib.IMAP4.error, IMAPClientError, ValueError) as error:
        raise ConnectorError(f"{server.host} answered with an error: {_short(error)}.") from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
