"""Connections that go to the address that was checked, and end when the time is up.

httpcore asks its network backend for a connection to a host by name. Ours looks the name up, checks every address, and
connects to one of those addresses: between check and connection nothing is looked up again, so a name that changes its
answer gains nothing. Server name and Host header stay those of the URL.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from .addresses import Resolve, checked_addresses


class Deadline(threading.local):
    """When this thread's request must be over, in monotonic seconds."""

    until: float = 0.0

    def start(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds

    def left(self, limit: float | None = None) -> float:
        """Seconds that remain, at most `limit`.

        Raises:
            httpcore.ReadTimeout: none.
        """
        remaining = self.until - time.monotonic()
        if remaining <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return remaining if limit is None else min(remaining, limit)


class CheckedSockets(httpcore.NetworkBackend):
    """Connects by name to checked addresses only."""

    def __init__(self, private_hosts: frozenset[str], resolve: Resolve, deadline: Deadline) -> None:
        self._private_hosts = private_hosts
        self._resolve = resolve
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = checked_addresses(
            host,
            port,
            private_hosts=self._private_hosts,
            resolve=self._resolve,
            seconds=self._deadline.left(timeout),
        )
        for number, address in enumerate(addresses, start=1):
            try:
                seconds = self._deadline.left(timeout)
                return TimedStream(self._plain.connect_tcp(address, port, seconds), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise httpcore.ConnectError("no address")


class TimedStream(httpcore.NetworkStream):
    """A connection on which every read and write counts against the time of the whole request."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
