"""What a page and its people do to the event stream under test; each line of the input is one act, answered by one line.

`pass ROLE`, `tell KEY`, `sign-out`, `leave`, `demote`: the last three do it to whoever got the latest pass.
"""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
django.setup()

from django.contrib.sessions.backends.db import SessionStore  # noqa: E402 - after the set-up
from django.utils import timezone  # noqa: E402 - after the set-up

from interlock.api.stream.passes import make_pass  # noqa: E402 - after the set-up
from interlock.fabric import events  # noqa: E402 - after the set-up
from interlock.fabric.models import Person, User  # noqa: E402 - after the set-up


class Page:
    """Somebody with a session."""

    def __init__(self, role: str) -> None:
        user = User.objects.create(email=f"{User.objects.count()}@example.com")
        self.person = Person.objects.create(user=user, name="Ines", role=role)
        self.session = SessionStore()
        self.session.create()
        self.token = make_pass(self.person, self.session.session_key, ["signals", "work"])


def main() -> None:
    page = None
    for line in sys.stdin:
        act, _, word = line.strip().partition(" ")
        said = "done"
        if act == "pass":
            page = Page(word)
            said = page.token
        elif act == "tell":
            topic, key = word.split()
            said = str(events.tell(topic=topic, verb="came in", keys=[key], at=timezone.now()).number)
        elif act == "sign-out":
            page.session.flush()
        elif act == "leave":
            Person.objects.filter(pk=page.person.pk).update(left_at=timezone.now())
        elif act == "demote":
            Person.objects.filter(pk=page.person.pk).update(role="observer")
        print(said, flush=True)


if __name__ == "__main__":
    main()
