"""Somebody who was erased stands in nobody else's words either, and no old import brings them back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest
from click.testing import CliRunner
from django.apps import apps
from django.db import connection

from converse.community.conftest import NOW
from converse.moderation.test_leaving import CANARY, erased, mixed_talk, rows_with  # noqa: F401 - fixtures
from interlock.cli import person as command
from interlock.connectors.live import Route
from interlock.connectors.records import Chunk
from interlock.converse import services
from interlock.converse.community.errors import NotAllowed
from interlock.converse.models import Conversation, Message, Story
from interlock.converse.moderation import erasing
from interlock.fabric import records, work
from interlock.fabric.models import Forgotten, Person, User
from interlock.fabric.scrubbing import Traces
from interlock.listen import erased_rows, flushing, inbox, settling
from interlock.listen.models import (
    Answer,
    AnsweredSignal,
    AnswerRound,
    RefusedRow,
    Signal,
    Source,
    Theme,
)
from interlock.store.contract import arrow_schema

pytestmark = pytest.mark.django_db
QUOTED = f"{CANARY} words, in rain, on the way to work."
MAIL = "canaria@example.com"


@pytest.fixture
def quoted(erased, write, reply, edda, lena):  # noqa: F811 - the fixture
    """What others wrote about them: a talk, a reply, a story, an answer and a round; and the same of a namesake."""
    canary, other = erased
    write(canary, title="A last one", words=QUOTED)
    reply(other, edda, f"> {QUOTED}\n\nI am with {CANARY} Bird, write to {MAIL}.")
    services.say(
        conversation=Conversation.objects.get(), by=lena, audience="customer", now=NOW,
        body=f"@{canary.name}: as you said,\n> {QUOTED}\nIt is fixed.",
    )  # fmt: skip
    theme = Theme.objects.create(
        key="t", name="Rain", began_at=NOW, found_at=NOW, quotes=[], words=[f"{CANARY} Bird"]
    )
    Story.objects.create(
        theme=theme,
        said=QUOTED,
        did="A hood.",
        decided_at=NOW,
        customers=1,
        first_said_at=NOW,
        shown_by=lena,
        shown_at=NOW,
    )
    key = Signal.objects.filter(contact_key=f"community:{canary.pk}").values_list("key", flat=True)[0]
    made = AnswerRound.objects.create(
        reference=uuid4(), theme=theme, by=lena, text="It is fixed.", made_at=NOW, sends_at=NOW,
        recipients=[[key], ["another"]], letters={key: [f"Dear {CANARY}", ""], "another": ["Dear you", ""]},
    )  # fmt: skip
    answer = Answer.objects.create(author=lena, text=f"Dear {CANARY}", made_at=NOW, round=made)
    AnsweredSignal.objects.create(answer=answer, signal_key=key)
    return canary, other, made


def test_their_name_and_words_go_from_what_others_wrote(quoted, heard):
    canary, other, made = quoted
    before = rows_with(CANARY)

    erasing.erase(person=canary, now=NOW)
    work.run_ready()
    heard()
    flushing.flush(now=NOW + timedelta(minutes=5))

    assert {"converse_story", "listen_answer", "listen_answerround", "listen_theme"} <= set(before)
    assert rows_with(CANARY) == []
    made.refresh_from_db()
    assert (made.recipients, made.letters) == ([["another"]], {"another": ["Dear you", ""]})
    assert other.replies.order_by("pk").last().words == (
        "> [words of somebody who asked to be forgotten]\n\n"
        "I am with somebody who asked to be forgotten, write to somebody who asked to be forgotten."
    )
    assert Message.objects.order_by("pk").last().body == (
        "@somebody who asked to be forgotten: as you said,\n"
        "> [words of somebody who asked to be forgotten]\nIt is fixed."
    )


def test_the_name_of_two_people_stays_where_it_may_be_the_other(quoted, person):
    canary, other, _made = quoted
    person("customer", name=canary.name)

    erasing.erase(person=canary, now=NOW)

    assert f"I am with {CANARY} Bird, write to somebody" in other.replies.order_by("pk").last().words
    assert Person.objects.filter(name=f"{CANARY} Bird").count() == 1


def test_a_name_beyond_ascii_goes_from_json_as_well(write, person):
    canary = person("customer", name="Ève Kühn")
    theme = Theme.objects.create(key="t", name="Rain", began_at=NOW, found_at=NOW, words=["rain", "Ève Kühn"])

    erasing.erase(person=canary, now=NOW)

    theme.refresh_from_db()
    assert theme.words == ["rain", "somebody who asked to be forgotten"]


def test_a_name_that_is_ours_and_lines_that_quote_another_stay(write, reply, marta, person):
    ours = "The 2027 display fits all but the first series."
    asked = write(marta, title="A display", words=ours)
    taker = person("customer", name="Heron Cargo")
    reply(asked, taker, f"> {ours}\n\nI have the first series, so it does not fit mine.")
    reply(asked, marta, "> I have the first series, so it does not fit mine.\n\nSell your Heron Cargo.")

    erasing.erase(person=taker, now=NOW)

    asked.refresh_from_db()
    assert (asked.words, asked.board.name) == (ours, "Heron Cargo")
    assert asked.replies.order_by("pk").last().words == (
        "> [words of somebody who asked to be forgotten]\n\nSell your Heron Cargo."
    )


def test_an_address_that_holds_theirs_is_another():
    traces = Traces(("ana@example.com",))
    others = "jo.ana@example.com, jo+ana@example.com, ana@example.com.br, dana@example.com"

    assert traces.without(others) == others
    assert traces.without("<Ana@example.com>, or ana@example.com. -ana@example.com") == (
        "<{0}>, or {0}. -{0}".format("somebody who asked to be forgotten")
    )


def mail(number: int, source: Source, *, by: str = MAIL, days: int = 0) -> inbox.Offer:
    """A mail that came in, as its connector offers it."""
    at = NOW + timedelta(days=days)
    row = {
        "signal_id": f"m:{number}",
        "kind": "complaint",
        "occurred_at": at.isoformat(),
        "body": f"{CANARY} {number}",
    }
    offered = inbox.checked("signals", row, place=f"mail {number}", now=at, route=Route(address=by))
    return inbox.Offer(source=source, rows=[offered])


@pytest.fixture
def mails(transactional_db, home):
    """Two mails of somebody who never signed in, and one of another."""
    source = Source.objects.create(key="mail", name="Mail", kind="imap_mailbox", made_at=NOW)
    offers = [mail(1, source), mail(2, source), mail(3, source, by="another@example.com")]
    inbox.take_in(offers, now=NOW)
    settling.settle(now=NOW)
    flushing.flush(now=NOW)
    return source


def keys() -> list[str]:
    return sorted(Signal.objects.values_list("key", flat=True))


@pytest.mark.django_db(transaction=True)
def test_who_only_wrote_mails_is_erased_and_no_old_mail_comes_back(mails):
    assert (keys(), len(rows_with(MAIL)) > 0) == (["m:1", "m:2", "m:3"], True)

    erased_count = erasing.erase_address(address=MAIL.upper(), now=NOW)
    work.run_ready()

    assert (erased_count, keys(), rows_with(MAIL)) == (2, ["m:3"], [])
    assert records.lake().read("signals").column("signal_id").to_pylist() == ["m:3"]
    # The same mailbox read once more, and an older mail that was never read.
    again = inbox.take_in(
        [mail(1, mails), mail(4, mails, days=-3), mail(3, mails, by="another@example.com")], now=NOW
    )
    later = inbox.take_in([mail(5, mails, days=1)], now=NOW + timedelta(days=1))
    settling.settle(now=NOW + timedelta(days=1))
    assert [(one.received, one.stored, one.duplicate, one.refused) for one in [*again, *later]] == [
        (1, 0, 0, 1), (1, 0, 0, 1), (1, 0, 1, 0), (1, 1, 0, 0),
    ]  # fmt: skip
    assert (keys(), MAIL in str(list(RefusedRow.objects.values()))) == (["m:3", "m:5"], False)
    assert MAIL not in str(list(Forgotten.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_positions_of_duplicates_are_those_of_what_was_offered(mails):
    erasing.erase_address(address=MAIL, now=NOW)
    work.run_ready()
    rows = [mail(number, mails, by=by).rows[0] for number, by in ((1, MAIL), (3, "another@example.com"))]

    (taken,) = inbox.take_in([inbox.Offer(source=mails, rows=rows)], now=NOW)

    assert (taken.refused, taken.duplicate, taken.duplicates) == (1, 1, (1,))


@pytest.mark.django_db(transaction=True)
def test_a_file_brings_back_no_signal_of_somebody_erased(mails):
    erasing.erase_address(address=MAIL, now=NOW)
    rows = [
        {"signal_id": key, "kind": "complaint", "occurred_at": NOW, "body": "Late."}
        for key in ("m:1", "m:3", "m:9")
    ]
    chunk = Chunk("signals", pa.Table.from_pylist(rows, schema=arrow_schema("signals")))

    kept = erased_rows.without_erased(chunk)

    assert kept.rows.column("signal_id").to_pylist() == ["m:3", "m:9"]
    assert [one.reason for one in kept.refusals] == [
        "Who said this was erased here, so it does not come in again."
    ]
    assert kept.received == chunk.received


@pytest.mark.django_db(transaction=True)
def test_the_command_erases_by_mail_once_it_is_confirmed(mails, person, monkeypatch):
    monkeypatch.setattr(command, "prepare_database", lambda: None)
    ana = person("customer", name="Ana Silva")
    with pytest.raises(NotAllowed, match="signs in with this address"):
        erasing.erase_address(address=ana.user.email, now=NOW)

    refused = CliRunner().invoke(command.person, ["erase", MAIL], input="n\n")
    assert (refused.exit_code, len(keys())) == (1, 3)
    done = CliRunner().invoke(command.person, ["erase", MAIL, "--yes"])
    of_account = CliRunner().invoke(command.person, ["erase", ana.user.email, "--yes"])
    misspelt = CliRunner().invoke(command.person, ["erase", "nobody@exmaple.com", "--yes"])

    assert "no signal came from it; see whether it is spelt" in misspelt.output
    assert (done.exit_code, "2 signals" in done.output, keys()) == (0, True, ["m:3"])
    assert (of_account.exit_code, User.objects.filter(email=ana.user.email).exists()) == (0, False)


def test_every_table_that_is_spared_is_there_and_says_why():
    from interlock.fabric.scrubbing import SPARED

    assert all(apps.get_model(label) and why for label, why in SPARED.items())
    assert connection.vendor in {"sqlite", "postgresql"}


@pytest.mark.slow
@pytest.mark.same_everywhere
def test_no_byte_of_the_home_holds_somebody_who_was_erased(tmp_path, migrated_home):
    """Database, its log of writes and free pages, indexes, records with their earlier versions."""
    script = Path(__file__).parent / "erased_home.py"
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("INTERLOCK_", "DATABASE_"))
    }
    environ = kept | {"INTERLOCK_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "interlock.config.settings"}
    migrated_home(tmp_path)

    done = subprocess.run(
        [sys.executable, str(script)], env=environ, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert ("records" in found["before"], "interlock.sqlite3" in found["before"]) == (True, True)
    assert found["after"] == []
