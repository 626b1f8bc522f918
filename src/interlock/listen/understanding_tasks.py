"""Background work of understanding: read new signals, read again what changed, learn at night."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.fabric import work
from interlock.listen.understanding import learning, reading


@work.task(attempts=3, key="understand", title=_("Tell language, feeling and intent of new signals"))
def read_new() -> int:
    """Read what came since, batch after batch; a killed worker's successor goes on where it stopped."""
    done = 0
    while some := reading.read_new():
        done += some
    return done


@work.task(attempts=2, key="understand again", title=_("Learn how customers feel from rated texts"))
def learn() -> int:
    """Learn, adopt what is better, and read again what changed; return how many signals were read again."""
    learning.learn_all(now=timezone.now())
    return reading.read_again()
