"""The copy of what is kept about somebody: whole, and without what only others may read."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from django.apps import apps
from django.urls import reverse

from converse.community.conftest import NOW
from converse.moderation.test_leaving import CANARY, erased, mixed_talk, rows_with  # noqa: F401 - fixtures
from interlock.cli import person as command
from interlock.converse import services
from interlock.converse.models import Conversation, Mention
from interlock.converse.moderation import reporting
from interlock.converse.moderation.kept_about import kept_about
from interlock.fabric.models import Person

pytestmark = pytest.mark.django_db
# Indexes over rows that are in the copy themselves.
INDEXES = ("_words",)


def tables_of(kept) -> set[str]:
    labels = [label for label in kept.rows if not label.startswith("records.")]
    return {apps.get_model(label)._meta.db_table for label in labels}


def test_the_whole_copy_holds_a_row_of_each_table_that_names_somebody(erased):  # noqa: F811 - the fixture
    canary, _other = erased

    kept = kept_about(person=canary, now=NOW, for_themselves=False)

    named = {table for table in rows_with(CANARY) if not any(part in table for part in INDEXES)}
    assert len(named) > 8
    assert named - tables_of(kept) == set()
    assert CANARY in str(kept.rows["records.signals"])


def test_the_whole_copy_holds_each_row_that_refers_to_somebody(erased):  # noqa: F811 - the fixture
    """Found by asking each table of the product, however its column is called."""
    canary, _other = erased
    kept = kept_about(person=canary, now=NOW, for_themselves=False)
    referring = {}

    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if column.related_model is Person and (
                count := model._base_manager.filter(**{column.name: canary}).count()
            ):
                rows = kept.rows.get(model._meta.label, [])
                referring[model._meta.label, column.name] = (
                    count,
                    sum(row[column.attname] == canary.pk for row in rows),
                )

    assert len(referring) > 8
    assert {name: counts for name, counts in referring.items() if counts[0] != counts[1]} == {}


def test_somebody_takes_their_copy_without_what_others_say_among_themselves(
    client,
    erased,  # noqa: F811 - the fixture
    lena,
    edda,
    write,
):
    canary, _other = erased
    talk, post = Conversation.objects.get(), write(canary, title="One more", words="A word, in rain.")
    services.say(
        conversation=talk, by=lena, body=f"Secret of staff on {canary.name}", audience="staff", now=NOW
    )
    reporting.report(said=post, by=edda, why="other", words="Secret of Edda", now=NOW)
    client.force_login(canary.user)

    answer = client.get(reverse("community:kept_copy"))

    text = answer.content.decode()
    rows = json.loads(text)["rows"]
    assert answer["Content-Disposition"] == 'attachment; filename="what-we-keep-about-you.json"'
    assert [len(rows["fabric.Person"]), len(rows["fabric.User"]), len(rows["converse.Message"])] == [1, 1, 1]
    assert {row["author_id"] for row in rows["converse.Post"]} == {canary.pk}
    assert {row["author_id"] for row in rows["converse.Reply"]} == {canary.pk}
    assert "Secret" not in text
    assert "password" not in text
    whole = str(kept_about(person=canary, now=NOW, for_themselves=False).rows)
    assert ["Secret of staff" in whole, "Secret of Edda" in whole] == [True, True]


def test_a_visitor_and_a_colleague_get_no_copy(client, priya, board):
    assert client.get(reverse("community:kept_copy")).status_code == 302
    client.force_login(priya.user)
    assert client.get(reverse("community:kept_copy")).headers["Location"] == reverse("community:kept")
    assert "interlock person export" in client.get(reverse("community:kept")).content.decode()


def test_the_command_writes_the_whole_copy(write, marta, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "prepare_database", lambda: None)
    write(marta)
    file = tmp_path / "marta.json"

    done = CliRunner().invoke(command.person, ["export", marta.user.email.upper(), "--file", str(file)])
    unknown = CliRunner().invoke(command.person, ["export", "nobody@example.com"])

    assert (done.exit_code, "about Marta Hagen" in done.output) == (0, True)
    assert json.loads(file.read_text())["rows"]["fabric.Person"][0]["name"] == "Marta Hagen"
    assert (unknown.exit_code, "Nobody here signs in as" in unknown.output) == (1, True)


def test_their_own_copy_holds_no_trace_of_a_line_that_they_do_not_read(mixed):
    """Who was a colleague once may have been named in a line of staff."""
    mentions = {
        audience: Mention.objects.create(message=mixed.lines[audience], person=mixed.partner).pk
        for audience in ("staff", "partner")
    }

    own = kept_about(person=mixed.partner, now=NOW, for_themselves=True).rows["converse.Mention"]
    whole = kept_about(person=mixed.partner, now=NOW, for_themselves=False).rows["converse.Mention"]

    assert [one["id"] for one in own] == [mentions["partner"]]
    assert [one["id"] for one in whole] == sorted(mentions.values())
