"""A small server on this machine that answers as it is told, and a record of every connection anybody makes."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_connections: list[tuple] = []
_recording = threading.Event()


def _note(event: str, arguments: tuple) -> None:
    if event == "socket.connect" and _recording.is_set() and isinstance(arguments[1], tuple):
        _connections.append(arguments[1])


sys.addaudithook(_note)


@contextmanager
def recorded_connections() -> Iterator[list[tuple]]:
    """Every address that this process connects to meanwhile, whether or not anybody answers there."""
    _connections.clear()
    _recording.set()
    try:
        yield _connections
    finally:
        _recording.clear()


class Listener:
    """Takes connections on 127.0.0.1 and lets `talk` answer each request; counts them."""

    def __init__(self, talk: Callable[[socket.socket, bytes], None]) -> None:
        self._talk = talk
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                request = b""
                while b"\r\n\r\n" not in request and (chunk := connection.recv(65_536)):
                    request += chunk
                if not request:
                    return
                self.requests.append(request)
                self._talk(connection, request)
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()


def reply(
    body: bytes = b"{}", status: str = "200 OK", headers: str = "", length: int | None = None
) -> Callable[[socket.socket, bytes], None]:
    """Answer every request alike, then end the connection."""

    def talk(connection: socket.socket, _: bytes) -> None:
        size = len(body) if length is None else length
        head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)

    return talk


@contextmanager
def listening(talk: Callable[[socket.socket, bytes], None]) -> Iterator[Listener]:
    listener = Listener(talk)
    try:
        yield listener
    finally:
        listener.close()
