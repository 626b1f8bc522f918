"""Requests of one moment do not all find room under a limit."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from time import sleep

import pytest
from django.db import OperationalError, connection, connections

from converse.community.conftest import NOW
from interlock.converse.community import entering, flood, posting
from interlock.converse.community.errors import TooMuch
from interlock.converse.community.speaking import as_person, without_account
from interlock.converse.models import Post
from interlock.fabric import company

AT_ONCE = 6


def _at_once(board, speakers) -> list[str]:
    """Post as all of these at the same moment; what became of each."""

    def posting_as(speaker):
        def post(became) -> None:
            try:
                posting.write_post(
                    board=board, kind="idea", title="A hook", words="Under the seat.", product="", speaker=speaker,
                    now=NOW,
                )  # fmt: skip
                became.append("stored")
            except TooMuch:
                became.append("too much")

        return post

    return _together([posting_as(speaker) for speaker in speakers])


def _together(acts) -> list[str]:
    """Do all of these in threads that begin at the same moment; what became of each, sorted."""
    became, ready = [], Barrier(len(acts))

    def do(act) -> None:
        ready.wait()
        try:
            _waiting_for_writers(act, became)
        finally:
            connections.close_all()

    threads = [Thread(target=do, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(became)


def _waiting_for_writers(act, became) -> None:
    """The tests' database in memory does not let a writer wait; a served one, in a file, does."""
    while True:
        try:
            return act(became)
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_of_six_posts_of_one_person_at_once_only_those_under_the_limit_are_stored(board, marta, monkeypatch):
    monkeypatch.setattr(flood, "MOST_OF_PERSON", 2)

    became = _at_once(board, [as_person(marta, company.company())] * AT_ONCE)

    assert (became, Post.objects.count()) == (["stored"] * 2 + ["too much"] * 4, 2)


@pytest.mark.django_db(transaction=True)
def test_of_six_posts_of_six_machines_at_once_only_those_that_can_be_read_are_stored(board, monkeypatch):
    monkeypatch.setattr(flood, "MOST_HELD", 3)

    became = _at_once(
        board, [without_account("Ana", company.company(), f"machine {n}") for n in range(AT_ONCE)]
    )

    assert (became, Post.objects.count()) == (["stored"] * 3 + ["too much"] * 3, 3)


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_more_find_room_on_postgresql(board, marta, monkeypatch):
    """The negative control; SQLite has one writer, so there the limit holds without it."""
    monkeypatch.setattr(flood, "MOST_OF_PERSON", 2)
    monkeypatch.setattr(flood, "count_alone", lambda *_names: None)

    _at_once(board, [as_person(marta, company.company())] * AT_ONCE)

    assert Post.objects.count() == 2 if connection.vendor == "sqlite" else Post.objects.count() > 2


@pytest.mark.django_db(transaction=True)
def test_of_six_codes_asked_for_at_once_only_five_are_mailed(home):
    def ask(became) -> None:
        try:
            entering.ask_for_code(address="marta@example.com", name="Marta", caller="one", now=NOW)
            became.append("asked")
        except TooMuch:
            became.append("too much")

    assert _together([ask] * AT_ONCE) == ["asked"] * 5 + ["too much"]


@pytest.mark.django_db
def test_one_house_has_a_limit_of_its_own(board, person, monkeypatch):
    monkeypatch.setattr(flood, "MOST_OF_HOUSE", 2)

    def post(by, now=NOW):
        posting.write_post(
            board=board, kind="idea", title="A hook", words="Under the seat.", product="",
            speaker=as_person(by, company.company()), now=now,
        )  # fmt: skip

    for number in range(2):
        post(person("customer", name=f"Ana {number}", account="A-99"))

    with pytest.raises(TooMuch, match="Your house"):
        post(person("customer", name="Ben", account="A-99"))
    post(person("customer", name="Cem", account="A-98"))
    post(person("customer", name="Ben", account="A-99"), now=NOW + timedelta(minutes=61))
