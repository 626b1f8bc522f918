"""The negative control: the same server, but it acknowledges before it commits.

A harness that finds nothing lost here would find nothing anywhere. The fault is planted from outside; the
product has no such switch.
"""

from __future__ import annotations

import os
import threading
import time

HELD_SECONDS = 0.3


def main() -> None:
    """Serve as `interlock serve` does, through granian alone and with the fault in it."""
    import django  # the settings are in the environment of this process

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
    django.setup()
    from interlock.cli.serving import web_command

    command = web_command(os.environ.get("INTERLOCK_HOST", "127.0.0.1"), int(os.environ["INTERLOCK_PORT"]))
    os.execv(
        command[0],
        ["crash.early:application" if part.startswith("interlock.config.wsgi") else part for part in command],
    )


def _acknowledge_early() -> None:
    from interlock.listen import inbox

    plain = inbox.take_in_batched
    held: list[tuple[inbox.Offer, object]] = []
    held_by: list[threading.Thread] = []

    def later() -> None:
        while True:
            time.sleep(HELD_SECONDS)
            while held:
                offer, now = held.pop(0)
                plain(offer, now=now)

    def promised(offer: inbox.Offer, *, now: object) -> inbox.Taken:
        if not held_by:
            # In this process: one that was begun before the fork would be left behind.
            held_by.append(threading.Thread(target=later, daemon=True))
            held_by[0].start()
        held.append((offer, now))
        return inbox.Taken(1, len(offer.rows), len(offer.rows), 0, 0, 0)

    inbox.take_in_batched = promised


if __name__ == "__main__":
    main()
elif __name__ == "crash.early":
    from interlock.config.wsgi import application as application

    _acknowledge_early()
