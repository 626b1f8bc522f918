"""The one way out: how every connector, and nothing else, asks another machine over HTTP.

Names are looked up here and every address is checked, then connected to as checked. No proxy, password file or cookie
of the surroundings is used; redirects are followed by hand, at most five and each checked; one answer is bounded in
time, size and in what it unpacks to. Only hosts that the administrator named may be private.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import httpcore
import httpx

from ..limits import MEGABYTE
from ..live import AddressRefused, HttpReply, Unreachable
from .addresses import Resolve, is_named, system_resolve
from .bodies import read_body
from .sockets import CheckedSockets, Deadline

MOST_REDIRECTS = 5
# A host that takes no connection is given up early, so that another of its addresses gets its turn.
_CONNECT_SECONDS = 10.0
# Requests carry these to another host after a redirect; anything else may be a credential.
_HARMLESS_HEADERS = {"accept", "accept-language", "if-modified-since", "if-none-match", "user-agent"}
_REDIRECTS = {301, 302, 303, 307, 308}


def open_http(
    *,
    private_hosts: frozenset[str] = frozenset(),
    timeout: float = 60.0,
    max_bytes: int = 50 * MEGABYTE,
    resolve: Resolve = system_resolve,
) -> Outbound:
    """Make the function by which other machines are asked.

    `timeout` bounds a whole request in seconds, redirects and body included. `private_hosts` are names (or
    name:port) whose addresses may be private.
    """
    return Outbound(private_hosts, timeout, max_bytes, resolve)


class Outbound:
    """Keeps connections open between requests; give it back with `close` or `with`."""

    def __init__(
        self, private_hosts: frozenset[str], timeout: float, max_bytes: int, resolve: Resolve
    ) -> None:
        self._private_hosts = frozenset(name.lower() for name in private_hosts)
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._deadline = Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusted_authorities(),
            # One process asks for all sources at once: a slow system must not use up everybody's connections.
            max_connections=200,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=CheckedSockets(self._private_hosts, resolve, self._deadline),
        )

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
        """Ask once, following redirects of GET and HEAD. See `live.Http`."""
        request = _request(method, url, headers, query, json, form)
        self._deadline.start(self._timeout)
        for _ in range(MOST_REDIRECTS + 1):
            self._refuse_bare_credentials(request)
            reply = self._once(request)
            target = reply.headers.get("location")
            if reply.status not in _REDIRECTS or not target or request.method not in {"GET", "HEAD"}:
                return reply
            request = _redirected(request, target)
        raise Unreachable(f"{request.url.host} redirects again and again. Give the final address.")

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> Outbound:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _refuse_bare_credentials(self, request: httpx.Request) -> None:
        """Keep credentials from being read on the way, except inside the company."""
        url = request.url
        if url.scheme == "https" or is_named(_host(url), _port(url), self._private_hosts):
            return
        hands_over = request.method not in {"GET", "HEAD"}
        if hands_over or any(name not in _HARMLESS_HEADERS | _WIRE_HEADERS for name in request.headers):
            raise AddressRefused(
                f"What is meant for {url.host} alone would go there unencrypted. Give its address with https://."
            )

    def _once(self, request: httpx.Request) -> HttpReply:
        url = request.url
        outgoing = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.read(),
            extensions={"timeout": {"connect": _CONNECT_SECONDS, "pool": self._timeout}},
        )
        host = url.host
        handed_over = False
        try:
            response = self._pool.handle_request(outgoing)
            handed_over = True
            try:
                headers = httpx.Headers(response.headers)
                body = read_body(
                    response.iter_stream() if request.method != "HEAD" else (),
                    headers.get("content-encoding", "") if request.method != "HEAD" else "",
                    host=host,
                    max_bytes=self._max_bytes,
                )
            finally:
                response.close()
        except httpcore.LocalProtocolError:
            raise AddressRefused(
                f"The request to {host} cannot be sent: an answer, perhaps the token, holds a character that does not"
                " belong there, such as a line break. Enter it again."
            ) from None
        except _FAULTS as error:
            raise _unreachable(error, host, self._timeout, handed_over) from error
        return HttpReply(response.status, {k.lower(): v for k, v in headers.items()}, body, str(url))


_FAULTS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError)
# What httpx adds to every request by itself.
_WIRE_HEADERS = {"host", "content-length", "content-type", "accept-encoding", "connection"}


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """Certificates are always verified: by the authorities of certifi and of this system (a company's own)."""
    context = httpx.create_ssl_context(verify=True, trust_env=False)
    context.load_default_certs()
    return context


def _request(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    query: Mapping[str, str] | None,
    json: Any,
    form: Mapping[str, str] | None,
) -> httpx.Request:
    try:
        target = httpx.URL(url)
        if query:
            target = target.copy_merge_params(dict(query))
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise AddressRefused("This is not a web address. Write it as https://example.com/path.") from error
    _refuse_odd_address(target)
    own = {"user-agent": f"Interlock/{version('interlock')}", "accept-encoding": "gzip, deflate"}
    try:
        return httpx.Request(
            method.upper(),
            target,
            headers={**own, **(headers or {})},
            json=json,
            data=dict(form) if form is not None else None,
        )
    except (UnicodeEncodeError, TypeError, ValueError) as error:
        raise AddressRefused(
            f"The request to {target.host} cannot be sent: an answer, perhaps the token, holds a character that"
            " does not belong there. Enter it again."
        ) from error


def _refuse_odd_address(url: httpx.URL) -> None:
    if url.scheme not in {"http", "https"}:
        raise AddressRefused(f"Only http and https addresses are asked, not {url.scheme[:20]!r}.")
    if not url.host:
        raise AddressRefused("The address names no host. Write it as https://example.com/path.")
    if url.userinfo:
        raise AddressRefused(
            f"The address of {url.host} holds a user name or password. Enter those in their own fields."
        )


def _redirected(request: httpx.Request, target: str) -> httpx.Request:
    """The request that a redirect asks for, without credentials when it leads to another host.

    Raises:
        AddressRefused: it leads to another scheme or from https back to http.
    """
    old = request.url
    try:
        new = old.join(target)
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressRefused(f"{old.host} redirects to something that is no web address.") from error
    _refuse_odd_address(new)
    if (old.scheme, new.scheme) == ("https", "http"):
        raise AddressRefused(f"{old.host} redirects to an unencrypted address of {new.host}.")
    same = (old.scheme, old.host, _port(old)) == (new.scheme, new.host, _port(new))
    upgraded = old.host == new.host and (old.scheme, new.scheme) == ("http", "https")
    kept = {
        name: value
        for name, value in request.headers.items()
        if name not in _WIRE_HEADERS - {"accept-encoding"} and (same or upgraded or name in _HARMLESS_HEADERS)
    }
    return httpx.Request(request.method, new, headers={**kept, "accept-encoding": "gzip, deflate"})


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").lower()


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _unreachable(error: Exception, host: str, timeout: float, handed_over: bool) -> Unreachable:
    connecting = isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout)
    handed_over = handed_over or not connecting
    if isinstance(error, httpcore.TimeoutException):
        return Unreachable(f"{host} did not answer within {timeout:.0f} seconds.", handed_over=handed_over)
    if connecting and _is_certificate_fault(error):
        return Unreachable(
            f"{host} does not prove that it is {host}: its certificate is not valid. Nothing was sent.",
            handed_over=False,
        )
    if connecting:
        return Unreachable(f"{host} takes no connection. Is it running?", handed_over=False)
    return Unreachable(f"{host} broke off in the middle of its answer.", handed_over=handed_over)


def _is_certificate_fault(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
