"""The copy of what is kept about somebody who has no account, and is known by an address alone."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from django.apps import apps

from converse.community.conftest import NOW
from converse.moderation.test_forgotten import mail, mails  # noqa: F401 - a fixture
from converse.moderation.test_leaving import rows_with
from interlock.cli import person as command
from interlock.converse.community import posting
from interlock.converse.community.speaking import without_account
from interlock.converse.models import Case, Entry, Post, Reply
from interlock.converse.moderation.kept_about import kept_about, kept_about_address
from interlock.fabric import company, no_mail
from interlock.fabric.models import Context, Invitation, NoMail, User
from interlock.listen.models import ReplyRoute, Signal

pytestmark = pytest.mark.django_db(transaction=True)
MAIL, OTHER = "quill@letters.example", "jo.quill@letters.example"
# Indexes over rows that are in the copy themselves.
INDEXES = ("_words",)


@pytest.fixture
def heard_by_mail(mails, board, write, marta, person):  # noqa: F811 - the fixture
    """Letters, a text without account, a wish for no mail, an invitation, a code; and others who mention the address."""
    ReplyRoute.objects.filter(signal_key__in=["m:1", "m:2"]).update(address=MAIL)
    ReplyRoute.objects.filter(signal_key="m:3").update(address=OTHER)
    for words, address in (("My hanger broke in the rain.", MAIL.upper()), ("So did mine, in snow.", OTHER)):
        said = posting.write_post(
            board=board, kind="ask", title="A hanger", words=words, product="",
            speaker=without_account("Quill", company.company(), address), now=NOW,
        )  # fmt: skip
        Case.objects.filter(post=said).update(address=address)
    no_mail.stop(address=MAIL, now=NOW)
    no_mail.stop(address=OTHER, now=NOW)
    Entry.objects.create(key="k", address=MAIL, name="Quill", caller="c", made_at=NOW)
    Invitation.objects.create(
        email=MAIL,
        role="customer",
        invited_by=person("owner", name="Olga"),
        token_hash="x",
        made_at=NOW,
        expires_at=NOW,
    )
    Context.objects.create(kind="signal", key="m:1", label=f"A letter of {MAIL}.")
    Context.objects.create(kind="signal", key="m:3", label=f"A letter of {OTHER}.")
    write(marta, title="Who is this?", words=f"Ask <{MAIL}>, they know about rain.")
    write(marta, title="And this?", words=f"Ask {OTHER}, they know about snow.")
    return MAIL


def tables_of(kept) -> set[str]:
    labels = [label for label in kept.rows if not label.startswith("records.")]
    return {apps.get_model(label)._meta.db_table for label in labels}


def test_the_copy_holds_every_row_of_any_table_that_mentions_the_address(heard_by_mail):
    kept = kept_about_address(address=heard_by_mail, now=NOW)

    named = {table for table in rows_with(f"{MAIL}") if not any(part in table for part in INDEXES)}
    assert len(named) > 5
    assert named - tables_of(kept) == set()
    for label, rows in kept.rows.items():
        if not label.startswith("records."):
            table = apps.get_model(label)._base_manager.values()
            mentioned = [row for row in table if f"{MAIL}" in str(row).lower().replace(OTHER, "")]
            assert len(rows) >= len(mentioned), label
    assert OTHER not in json.dumps(kept.as_json()).lower()


def test_the_copy_holds_letters_texts_without_account_and_the_wish_for_no_mail(heard_by_mail):
    rows = kept_about_address(address=MAIL.upper(), now=NOW).rows

    assert [row["key"] for row in rows["listen.Signal"]] == ["m:1", "m:2"]
    assert [row["signal_id"] for row in rows["records.signals"]] == ["m:1", "m:2"]
    assert sorted(row["words"] for row in rows["converse.Post"]) == [
        f"Ask <{MAIL}>, they know about rain.",
        "My hanger broke in the rain.",
    ]
    assert len(rows["fabric.NoMail"]) == 1
    assert NoMail.objects.count() == 2
    assert (len(rows["converse.Case"]), len(rows["converse.Entry"]), len(rows["fabric.Invitation"])) == (
        1,
        1,
        1,
    )
    assert "token_hash" not in rows["fabric.Invitation"][0]


def test_the_command_writes_it_and_says_when_there_is_nothing(heard_by_mail, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "prepare_database", lambda: None)
    file = tmp_path / "quill.json"

    done = CliRunner().invoke(command.person, ["export", MAIL, "--file", str(file)])
    unknown = CliRunner().invoke(command.person, ["export", "uill@letters.example"])

    assert (done.exit_code, f"about {MAIL}" in done.output) == (0, True)
    assert set(json.loads(file.read_text())["rows"]) >= {
        "listen.Signal",
        "listen.ReplyRoute",
        "records.signals",
    }
    assert (unknown.exit_code, "no row mentions it" in unknown.output) == (1, True)


def test_whoever_comes_in_by_the_address_takes_their_letters_along(heard_by_mail, person):
    """The page of one's own copy: the code showed that the address is theirs."""
    quill = person("customer", name="Ana Quill")
    User.objects.filter(pk=quill.user_id).update(email=MAIL)
    quill.refresh_from_db()

    rows = kept_about(person=quill, now=NOW, for_themselves=True).rows

    assert [row["key"] for row in rows["listen.Signal"]] == ["m:1", "m:2"]
    assert [row["address"] for row in rows["listen.ReplyRoute"]] == [MAIL, MAIL]
    assert [row["words"] for row in rows["converse.Post"]] == ["My hanger broke in the rain."]
    assert [len(rows[name]) for name in ("converse.Case", "converse.Entry", "fabric.NoMail")] == [1, 1, 1]
    assert OTHER not in json.dumps(rows)
    assert (Post.objects.count(), Reply.objects.count(), Signal.objects.count()) == (4, 0, 3)
