"""Ports for servers that are processes of their own and must be told theirs."""

from __future__ import annotations

import itertools
import os
import socket

# Below those that systems hand out to connections, which would else take a port between its choice and its use.
PORTS = range(15_000, 32_000)
# Workers side by side begin far from each other, and none chooses a port twice.
_turns = itertools.count(os.getpid() * 197)


def free_port() -> int:
    for turn in _turns:
        port = PORTS[turn % len(PORTS)]
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("counting never ends")
