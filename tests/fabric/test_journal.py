"""The journal is append-only, and every way to tamper with it is found."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from conftest import NOON
from interlock.fabric import journal
from interlock.fabric.models import Context, JournalEntry, JournalHead


@pytest.fixture
def ten_entries(person, settings):
    clerk = person("lead", "sales")
    context = Context.objects.create(kind="order", key="A-1", label="Order A-1")
    for number in range(10):
        journal.note(actor=clerk, verb="read", about=context, at=NOON, detail={"number": number, "word": "ü"})
    head = JournalHead.objects.get()
    (settings.HOME / "journal.head").write_text(f"{head.number} {head.hash}\n")
    return context


def tamper(statement: str, *values: object) -> None:
    """Change the table as an administrator of the database could: with the triggers taken away."""
    editor = connection.cursor()
    with editor as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS journal_no_update")
            cursor.execute("DROP TRIGGER IF EXISTS journal_no_delete")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS journal_no_change ON fabric_journalentry")
        cursor.execute(statement, values)


def test_an_untouched_journal_is_sound(ten_entries):
    assert journal.verify() == journal.Verdict(10, None, "")


def test_an_empty_journal_is_sound(db, home):
    assert journal.verify() == journal.Verdict(0, None, "")


@pytest.mark.parametrize(
    "statement", ["UPDATE fabric_journalentry SET verb = 'x'", "DELETE FROM fabric_journalentry"]
)
def test_the_database_refuses_to_change_entries(ten_entries, statement):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert journal.verify().sound


def test_a_changed_entry_is_named(ten_entries):
    tamper("UPDATE fabric_journalentry SET verb = 'wrote' WHERE number = 4")

    assert journal.verify() == journal.Verdict(3, 4, "entry 4 was changed after it was written")


def test_a_removed_entry_is_named(ten_entries):
    tamper("DELETE FROM fabric_journalentry WHERE number = 7")

    assert journal.verify() == journal.Verdict(6, 7, "entry 7 is missing")


def test_a_cut_end_is_found_even_when_the_head_was_cut_too(ten_entries):
    ninth = JournalEntry.objects.get(number=9)
    tamper("DELETE FROM fabric_journalentry WHERE number = 10")
    JournalHead.objects.update(number=9, hash=ninth.hash)

    assert journal.verify() == journal.Verdict(9, 10, "entries 10 to 10 were cut off")


def test_every_random_edit_is_found(ten_entries):
    dice = random.Random(4)
    for _ in range(50):
        number, column = (
            dice.randint(1, 10),
            dice.choice(["verb", "about_key", "about_kind", "detail", "hash", "previous"]),
        )
        value = '{"forged": 1}' if column == "detail" else f"forged {dice.random()}"[:60]

        with transaction.atomic():
            tamper(f"UPDATE fabric_journalentry SET {column} = %s WHERE number = %s", value, number)
            verdict = journal.verify()
            transaction.set_rollback(True)

        assert verdict.fault_at in {number, number + 1}


def test_entries_about_a_thing_come_latest_first_in_one_query(ten_entries, django_assert_num_queries):
    with django_assert_num_queries(1):
        entries = [(entry.number, entry.actor.name) for entry in journal.entries_about(ten_entries)]

    assert entries == [(number, "Lead Sales") for number in range(10, 0, -1)]


def test_an_entry_rolled_back_with_its_act_leaves_no_gap(ten_entries):
    with pytest.raises(ValueError), transaction.atomic():  # noqa: PT012 - the note must come first
        journal.note(actor=None, verb="tried", about=ten_entries, at=datetime(2026, 1, 1, tzinfo=UTC))
        raise ValueError

    journal.note(actor=None, verb="did", about=ten_entries, at=NOON)

    assert journal.verify().sound
    assert JournalHead.objects.get().number == 11
