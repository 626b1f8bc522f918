"""Which machine does a request come from? Behind a TLS proxy the proxy names it last, and what stands before is anybody's."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The machine's address as it was told to us."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def network_of(address: str) -> str:
    """An IPv6 machine has a whole /64 of addresses to choose from, so that is what is counted."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and not found.ipv4_mapped:
        return str(ip_network((address.partition("%")[0], 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
