"""Which machines may be connected to? The resolved address decides, never the text of a name.

`getaddrinfo` turns `0x7f.1`, `2130706433` and `127.1` into 127.0.0.1, and an IPv6 address can carry an IPv4 address
inside: so every address is unwrapped first, and all addresses of a name must be fit.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from ..live import AddressRefused, Unreachable

Address = IPv4Address | IPv6Address
# Name, port and seconds to wait -> the addresses the name stands for. Raises OSError when it stands for none.
Resolve = Callable[[str, int, float], Sequence[str]]

_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_LINK_LOCAL = IPv4Network("169.254.0.0/16")
# Where clouds hand out machine credentials. 168.63.129.16 (Azure) even counts as a public address.
_METADATA = frozenset(
    ip_address(text)
    for text in (
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
    )
)


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to (mapped, 6to4, NAT64, Teredo), else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address


def is_public(address: Address) -> bool:
    """Whether an address lies in the open internet, whatever it is wrapped in."""
    inner = unwrapped(address)
    if inner in _METADATA or not inner.is_global or inner.is_multicast:
        return False
    return isinstance(inner, IPv4Address) or inner in _GLOBAL_V6


def is_never_allowed(address: Address) -> bool:
    """Whether an address stays refused even for a host that the administrator named as private."""
    inner = unwrapped(address)
    in_link_local = inner in _LINK_LOCAL if isinstance(inner, IPv4Address) else inner.is_link_local
    # Broadcast is reserved; ::1 is too, but is this machine, which an administrator may name.
    broadcast = isinstance(inner, IPv4Address) and inner.is_reserved
    return inner in _METADATA or in_link_local or inner.is_multicast or inner.is_unspecified or broadcast


def is_named(host: str, port: int, private_hosts: frozenset[str]) -> bool:
    """Whether the administrator named this host, or this host and port, as one that may be private."""
    bare = f"[{host}]" if ":" in host else host
    return not private_hosts.isdisjoint({host, bare, f"{bare}:{port}"})


def checked_addresses(
    host: str, port: int, *, private_hosts: frozenset[str], resolve: Resolve, seconds: float
) -> list[str]:
    """Every address of a host, all of them fit to be connected to.

    Raises:
        AddressRefused: one of them is private, reserved or a machine's own metadata service.
        Unreachable: the name stands for nothing, or nobody answered in time.
    """
    try:
        found = [ip_address(text.partition("%")[0]) for text in resolve(host, port, seconds)]
    except TimeoutError as error:
        raise Unreachable(
            f"{host} was not looked up within {seconds:.0f} seconds. Check the name server.",
            handed_over=False,
        ) from error
    except (OSError, ValueError) as error:
        raise Unreachable(
            f"{host} is not known. Check the spelling of the address.", handed_over=False
        ) from error
    if not found:
        raise Unreachable(f"{host} is not known. Check the spelling of the address.", handed_over=False)
    named = is_named(host, port, private_hosts)
    for address in found:
        if is_never_allowed(address):
            raise AddressRefused(f"{_named(host, address)} is never connected to.")
        if not named and not is_public(address):
            raise AddressRefused(
                f"{_named(host, address)} is not in the open internet. If it is a system of your own"
                f" company, name it in INTERLOCK_PRIVATE_HOSTS, as {host} or {host}:{port}."
            )
    return [str(address) for address in dict.fromkeys(found)]


def _named(host: str, address: object) -> str:
    """The host as a sentence begins with it; an address that was written as one stands for nothing else."""
    return host if host == str(address) else f"{host} stands for {address}, which"


def system_resolve(host: str, port: int, seconds: float) -> Sequence[str]:
    """Ask the system's resolver, which knows no time limit of its own: hence the thread."""
    answer: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put([str(entry[4][0]) for entry in found])
        except (OSError, UnicodeError) as error:
            answer.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    try:
        found = answer.get(timeout=max(seconds, 0.001))
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(found, OSError):
        raise found
    return found
