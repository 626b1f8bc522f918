"""Who holds a post, its board and the journal holds them in this order, so that two never wait for each other."""

from __future__ import annotations

from threading import Event, Thread
from time import sleep

import pytest
from django.db import connection, connections

from converse.community.conftest import NOW
from interlock.converse.community import answering, counting, posting
from interlock.converse.community.speaking import as_person
from interlock.converse.models import Reply
from interlock.converse.moderation import merging, splitting, sweeping, taking
from interlock.fabric import company, journal

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time by itself"),
]
HEAD_START = 0.5  # seconds in which the reply goes as far as it can


@pytest.fixture
def waiting_after_the_journal(monkeypatch):
    """Who writes the journal first waits there until somebody else has come after them as far as they can."""
    noted, note = Event(), journal.note

    def note_and_wait(**given):
        made = note(**given)
        if not noted.is_set():
            noted.set()
            sleep(HEAD_START)
        return made

    monkeypatch.setattr(journal, "note", note_and_wait)
    return noted


@pytest.fixture
def others(write, reply, edda, marta):
    """A post of the same board that is replied to meanwhile, one that is merged, and a reply that is split off."""
    return {"post": write(edda, title="A bell"), "same": write(edda, title="Dark display")}


def acts(write, reply, marta, edda, lena, others):
    mine = write(marta, title="Dark")
    said = reply(mine, edda, "Which winter was that? It was a cold one here.")
    return {
        "answer": lambda: answering.answer(
            post=mine, by=lena, what_i_do="service", words="It fits.", now=NOW
        ),
        "take away": lambda: taking.take_away(said=mine, by=marta, now=NOW),
        "merge": lambda: merging.merge(post=mine, into=others["same"], by=lena, now=NOW),
        "sweep": lambda: sweeping.sweep(person=marta, because="Only links.", by=lena, now=NOW),
        "split": lambda: splitting.split(reply=said, title="Winters", kind="ask", by=lena, now=NOW),
    }


def happens_beside_a_reply(act, noted, post, speaker):
    """What broke in the act or in the reply that comes when the act has written the journal."""
    broken = []

    def replying():
        try:
            noted.wait(20)
            posting.write_reply(post=post, words="So is mine.", speaker=speaker, now=NOW)
        except Exception as error:  # whichever of the two PostgreSQL ends
            broken.append(error)
        finally:
            connections.close_all()

    thread = Thread(target=replying)
    thread.start()
    try:
        act()
    except Exception as error:
        broken.append(error)
    thread.join()
    return broken


@pytest.mark.parametrize("name", ["answer", "take away", "merge", "split", "sweep"])
def test_an_act_and_a_reply_on_one_board_both_go_through(
    name, write, reply, marta, edda, lena, others, waiting_after_the_journal
):
    act = acts(write, reply, marta, edda, lena, others)[name]
    waiting_after_the_journal.clear()
    speaker = as_person(edda, company.company())

    assert happens_beside_a_reply(act, waiting_after_the_journal, others["post"], speaker) == []
    assert Reply.objects.filter(post=others["post"], words="So is mine.").exists()


@pytest.mark.parametrize("name", ["answer", "take away", "sweep"])
def test_were_boards_not_held_first_one_of_the_two_would_end(
    name, write, reply, marta, edda, lena, others, waiting_after_the_journal, monkeypatch
):
    """The control; a merge or split within one board counts on it before the journal anyhow."""
    act = acts(write, reply, marta, edda, lena, others)[name]
    waiting_after_the_journal.clear()
    monkeypatch.setattr(counting, "hold_boards", lambda _posts: None)
    speaker = as_person(edda, company.company())

    (broken,) = happens_beside_a_reply(act, waiting_after_the_journal, others["post"], speaker)

    assert "deadlock" in str(broken)
