"""The web server: granian, with the application loaded before it makes its processes.

A process that was killed is then replaced by a copy of one that has everything in memory, in a tenth of a
second instead of the seconds that loading takes, and all share that memory. Where processes are not made by
copying (macOS, Windows), each loads the application itself, as granian always does.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from importlib import import_module

from granian.cli import entrypoint

# After its parent was killed it has so long to answer what it was asked.
GRACE_SECONDS = 10


def main() -> None:
    """Serve the application that the first argument names, as `module:name`; the others are granian's."""
    if multiprocessing.get_start_method() == "fork":
        import_module(sys.argv[1].partition(":")[0])
    if sys.platform == "linux":
        os.register_at_fork(after_in_child=_end_with_parent)
        threading.Thread(target=_outlive_nobody, args=[os.getppid()], daemon=True).start()
    entrypoint()


def _end_with_parent() -> None:
    """Ask Linux to end this process when the one above it is killed: it would go on answering on the port."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG


def _outlive_nobody(parent: int) -> None:
    """End this process where granian does not: once, told to end just then, it waited for itself for ever."""
    while os.getppid() == parent:
        time.sleep(1)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
