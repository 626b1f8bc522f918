"""How much one person, one house, one machine and everybody without account may write within an hour.

Whoever writes counts alone for themselves until their transaction ends, so that requests sent at the same moment do not
all find room. SQLite has one writer anyway, who counts within the transaction; PostgreSQL is asked for a lock by name.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from interlock.converse.community.errors import NotAllowed, TooMuch
from interlock.converse.community.speaking import Speaker
from interlock.converse.models import Post, Reply, Standing
from interlock.fabric.access import Act, may

WITHIN = timedelta(hours=1)
# Nobody writes more in an hour by hand; who may at all is for colleagues to judge.
MOST_OF_PERSON, MOST_OF_HOUSE, MOST_OF_MACHINE = 30, 100, 5
# Held texts are read by people: what a flood leaves behind must stay readable in a day.
MOST_HELD = 500
_OF_HOUSE = "author_id IN (SELECT id FROM fabric_person WHERE account_key = %s)"


def must_not_flood(speaker: Speaker, now: datetime) -> None:
    """Refuse what is more than people write. In the transaction that stores it.

    Raises:
        NotAllowed: the role reads only.
        TooMuch: too much came within an hour.
    """
    if speaker.person and not may(speaker.person, Act.TALK):
        raise NotAllowed(_("Your role reads here and does not write; nothing was sent."))
    if speaker.written_by or (speaker.person and speaker.person.is_staff_side):
        return
    if speaker.person:
        _must_not_flood_signed_in(speaker, now)
    else:
        _must_not_flood_unnamed(speaker.caller, now)


def count_alone(*names: str) -> None:
    """Let nobody else count under these names until this transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for name in sorted(names):  # in one order, so that nobody waits for each other
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _must_not_flood_signed_in(speaker: Speaker, now: datetime) -> None:
    person = speaker.person
    assert person is not None
    house = person.account_key
    count_alone(f"community person {person.pk}", *([f"community house {house}"] if house else []))
    if _written(now, "author_id = %s", person.pk) >= MOST_OF_PERSON:
        raise TooMuch(_("That is a lot for one hour. Go on later; copy your text, nothing was sent."))
    if house and _written(now, _OF_HOUSE, house) >= MOST_OF_HOUSE:
        raise TooMuch(
            _("Your house has written a lot within an hour. Go on later; copy your text, nothing was sent.")
        )


def _must_not_flood_unnamed(caller: str, now: datetime) -> None:
    count_alone(f"community machine {caller}", "community held")
    held = {"standing": Standing.HELD}
    all_held = Post.objects.filter(**held).count() + Reply.objects.filter(**held).count()
    # Judged ones count as well, else a quick colleague makes room for the next five.
    if _written(now, "caller = %s", caller) >= MOST_OF_MACHINE or all_held >= MOST_HELD:
        raise TooMuch(
            _(
                "Much waits to be read just now. Come back later, or sign in by a code; copy your text, nothing was sent."
            )
        )


_WRITTEN = (
    "SELECT (SELECT count(*) FROM converse_post WHERE {whose} AND said_at > %s)"
    " + (SELECT count(*) FROM converse_reply WHERE {whose} AND said_at > %s)"
)


def _written(now: datetime, whose: str, value: object) -> int:
    """How many posts and replies of the last hour meet a condition with one value. One query, written by hand: each reply asks."""
    since = connection.ops.adapt_datetimefield_value(now - WITHIN)
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN.format(whose=whose), [value, since, value, since])
        return int(cursor.fetchone()[0])
