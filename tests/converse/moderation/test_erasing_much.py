"""Who wrote more than one transaction erases is erased to the end by a worker, also by one that is killed on the way."""

from __future__ import annotations

import pytest
from django.db.models import Q
from django_tasks_db.models import DBTaskResult

from converse.community.conftest import NOW
from converse.moderation.test_leaving import everything
from interlock.converse.community import signals
from interlock.converse.models import Post, Reply, Standing
from interlock.converse.moderation import erasing, taking
from interlock.fabric import forgotten, pacing
from interlock.listen.models import InboxRow

pytestmark = pytest.mark.django_db
KILLED_AFTER = 3


class Killed(BaseException):
    """No error that anybody catches."""


@pytest.fixture
def much(write, reply, marta, edda, heard):
    """Marta wrote five posts, two of them answered, and seven replies, two under posts of her own. The keys of her signals."""
    theirs = write(edda, title="A hanger")
    own = [
        write(marta, title=f"Dark {number}", words=f"It goes dark, number {number}.") for number in range(5)
    ]
    said = [
        reply(own[number % 2] if number < 2 else theirs, marta, f"Dark again, {number}.")
        for number in range(7)
    ]
    for one in own[:2]:
        reply(one, edda, "Which winter was that?")
    heard()
    return [signals.key_of(one) for one in [*own, *said]]


@pytest.fixture
def in_twos(monkeypatch):
    monkeypatch.setattr(erasing, "AT_ONCE", 2)
    monkeypatch.setattr(pacing, "MOST_ROWS", 2)
    monkeypatch.setattr(pacing, "GAP_SECONDS", 0)


def left_of(keys):
    """What is left where all of Marta's texts were: stubs, and how many of her signals are known or waited for."""
    here = everything()
    here["own signals"] = [key for key, _body in here["signals"] if key in keys]
    here["stubs"] = sorted(
        Post.objects.filter(standing=Standing.TAKEN).values_list("title", "words", "author", "author_name")
    )
    here["inbox"] = sorted(InboxRow.objects.filter(key__in=keys).values_list("key", flat=True))
    return here


def asked_for_the_rest():
    return DBTaskResult.objects.filter(task_path__endswith="erase_rest", status="READY").exists()


WHOLE = {"own signals": [], "stubs": [("", "", None, "")] * 2, "inbox": []}


def assert_all_gone(marta, keys):
    left = left_of(keys)
    assert {name: left[name] for name in WHOLE} == WHOLE
    assert [said.objects.filter(author=marta).count() for said in (Post, Reply)] == [0, 0]
    assert sorted(row[5] for row in left["posts"]) == [0, 1, 1]
    assert set(forgotten.forgotten_among([forgotten.signal(key) for key in keys])) == {
        forgotten.signal(key) for key in keys
    }


def test_what_few_texts_leave_is_gone_at_once(much, marta):
    erasing.erase(person=marta, now=NOW)

    assert_all_gone(marta, much)
    assert not asked_for_the_rest()


def test_a_worker_erases_what_the_first_transaction_left(much, in_twos, marta):
    erasing.erase(person=marta, now=NOW)

    marta.refresh_from_db()
    assert asked_for_the_rest()
    assert (marta.name, marta.user) == ("Somebody who left", None)
    assert Reply.objects.filter(author=marta).count() == 5
    rest = {"author": marta}
    read = Q(signal_due__isnull=False) | ~Q(words="", author_name="", standing=Standing.TAKEN)
    # Nothing of it is heard anew, and nobody reads it.
    assert [said.objects.filter(read, **rest).count() for said in (Post, Reply)] == [0, 0]
    assert not Post.objects.filter(**rest).exclude(title="").exists()
    erasing.erase_rest.call(marta.pk, NOW.isoformat())
    assert_all_gone(marta, much)


def test_a_worker_that_is_killed_loses_nothing_and_the_next_one_goes_on(much, in_twos, marta, monkeypatch):
    erasing.erase(person=marta, now=NOW)
    wiped, wipe = [], taking.wipe

    def dies(said, post, now):
        if len(wiped) == KILLED_AFTER:
            raise Killed
        wiped.append(said.pk)
        return wipe(said, post, now)

    monkeypatch.setattr(taking, "wipe", dies)
    with pytest.raises(Killed):
        erasing.erase_rest.call(marta.pk, NOW.isoformat())
    monkeypatch.setattr(taking, "wipe", wipe)

    # The batch of two that was whole is gone, of the other one nothing.
    assert Reply.objects.filter(author=marta).count() == 3
    erasing.erase_rest.call(marta.pk, NOW.isoformat())
    assert_all_gone(marta, much)
