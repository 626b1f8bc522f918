"""Connections to mail servers: addresses checked and pinned, passwords never unencrypted over the internet, and an
end to every wait, also for a server that sends a byte a minute.

A mail server inside the company is asked only where whoever runs this machine named it in INTERLOCK_PRIVATE_HOSTS:
otherwise somebody who may connect sources could look around in the network from here.
"""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from socket import SHUT_RDWR, create_connection, socket

from ..live import AddressRefused, TryLater, Unreachable
from ..outbound.addresses import checked_addresses, is_public, system_resolve
from .account import Server

CONNECT_SECONDS = 15.0
# No step of reading or sending takes a working server longer; each is bounded as a whole, not by the byte.
STEP_SECONDS = 120.0


def tls_context() -> ssl.SSLContext:
    """Certificates are always checked."""
    return ssl.create_default_context()


def connect(server: Server, timeout: float) -> socket:
    """Connect to a checked address of the server; with TLS where it begins with that.

    Raises:
        AddressRefused: the address is one that is never asked, or a password would go out unencrypted.
        Unreachable: the name is not known, or nobody answers.
    """
    addresses = checked_addresses(
        server.host,
        server.port,
        private_hosts=server.private_hosts,
        resolve=system_resolve,
        seconds=CONNECT_SECONDS,
    )
    if server.security == "none" and any(is_public(ip_address(address)) for address in addresses):
        raise AddressRefused(
            f"The password would go to {server.host} unencrypted over the internet. Choose TLS or STARTTLS."
        )
    for number, address in enumerate(addresses, 1):
        try:
            plain = create_connection((address, server.port), timeout=min(timeout, CONNECT_SECONDS))
        except OSError:
            if number == len(addresses):
                raise Unreachable(
                    f"{server.host} does not answer on port {server.port}. Check the name, the port and the encryption.",
                    handed_over=False,
                ) from None
            continue
        plain.settimeout(timeout)
        return _secured(plain, server)
    raise Unreachable(f"{server.host} has no address.", handed_over=False)


def _secured(plain: socket, server: Server) -> socket:
    if server.security != "tls":
        return plain
    try:
        return tls_context().wrap_socket(plain, server_hostname=server.host)
    except OSError as error:
        plain.close()
        raise tls_fault(error, server) from None


def tls_fault(error: OSError, server: Server) -> Unreachable:
    """Why encryption failed, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(
            f"The certificate of {server.host} is not valid ({error.verify_message}). Renew it, or give the name it is for.",
            handed_over=False,
        )
    return Unreachable(
        f"{server.host} speaks no TLS on port {server.port}. Check the port, or choose another encryption.",
        handed_over=False,
    )


@contextmanager
def time_limit(connection: socket, server: Server, seconds: float = STEP_SECONDS) -> Iterator[None]:
    """Cut the connection when the step takes longer; what then fails is said as patience asked for."""
    cut = threading.Event()

    def shut() -> None:
        cut.set()
        try:
            # Below TLS: its own farewell would wait for the one that is being cut off.
            socket.shutdown(connection, SHUT_RDWR)
        except OSError:
            return

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if cut.is_set():
            raise TryLater(
                f"{server.host} took longer than {seconds:.0f} seconds for one step.", 300
            ) from error
        raise
    finally:
        timer.cancel()
