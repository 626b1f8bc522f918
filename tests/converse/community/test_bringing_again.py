"""An import that breaks at any point brings exactly the rest the next time: nothing twice, and nothing is missing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import transaction

from interlock.cli import community as command
from interlock.converse.bringing import batch, carrying, files, storing
from interlock.converse.bringing.rows import Author, PostRow, Refused, ReplyRow, VoteRow
from interlock.converse.community.errors import CommunityError
from interlock.converse.models import Bringing, Brought, Merge, Post, Reply, StatusChange, Vote
from interlock.fabric import pacing
from interlock.fabric.models import JournalEntry, Person

from .conftest import NOW

pytestmark = pytest.mark.django_db
MARTA, JONAS = (
    Author("1", "Marta Hagen", "marta@example.com"),
    Author("2", "Jonas Weber", "jonas@example.com"),
)
ADA = Author("3", "Ada Admin", "ada@example.com", staff=True)
BEGUN = datetime(2024, 5, 2, 9, tzinfo=UTC)


def day(number: int) -> datetime:
    return BEGUN + timedelta(days=number)


ROWS = [
    PostRow("a", "A hook", "See https://x.example/posts/2/later", day(0), MARTA, address="/posts/1", status="done",
            because="Built"),
    PostRow("b", "A place", "On the left", day(1), JONAS, address="/posts/2"),
    PostRow("c", "Bag hook", "Like https://x.example/posts/1", day(2), JONAS, address="/posts/3", merged_into="a"),
    PostRow("d", "", "No title", day(3), JONAS),
    *(ReplyRow(f"r{number}", "ab"[number % 2], f"Words {number}", day(4 + number), [MARTA, JONAS, ADA][number % 3],
               official=number % 3 == 2) for number in range(7)),
    ReplyRow("lost", "nowhere", "Words", day(20), MARTA),
    VoteRow("a", JONAS, day(21)), VoteRow("b", MARTA, day(22)), VoteRow("c", MARTA, day(23)),
    Refused("x", "it names no moment"),
]  # fmt: skip


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(pacing, "MOST_ROWS", 2)
    monkeypatch.setattr(pacing, "GAP_SECONDS", 0)


@pytest.fixture
def bringing(board, person):
    return Bringing.objects.create(
        source="ideas", system="csv", board=board, kind="idea", by=person("owner", name="Olga"), made_at=NOW
    )


@pytest.fixture
def take(bringing):
    """Bring the rows in; killed after the batch of this number, or when this many marks were stored."""

    def run(kill_after: int | None = None):
        calls = iter(range(100))

        def on_batch(_done, _total):
            if next(calls) == kill_after:
                raise Killed

        return storing.bring(ROWS, bringing=bringing, by=bringing.by, now=NOW, on_batch=on_batch)

    return run


def world() -> dict[str, list]:
    """Everything that is here because of an import, by names that do not depend on the order it came in."""
    called = {one.post_id: one.foreign for one in Brought.objects.filter(kind="post")}

    def here(words: str) -> str:
        return re.sub(r"/community/posts/(\d+)/", lambda link: f"<{called[int(link[1])]}>", words)

    return {
        "posts": sorted(
            (called[one.pk], one.title, here(one.words), one.status.name, one.standing, one.waits,
             one.answered_at, one.reply_count, one.people_count, bool(one.signal_due),
             one.signal_key == f"community:post-{one.pk}", one.author.name)
            for one in Post.objects.select_related("status", "author")
        ),
        "replies": sorted(
            (called[one.post_id], one.words, one.author_name, one.is_official, one.signal_key == f"community:reply-{one.pk}")
            for one in Reply.objects.all()
        ),
        "votes": sorted((called[one.post_id], one.person.name) for one in Vote.objects.select_related("person")),
        "changes": sorted((called[one.post_id], one.because) for one in StatusChange.objects.all()),
        "merges": sorted((called[one.post_id], called[one.into_id]) for one in Merge.objects.all()),
        "people": sorted((one.name, one.user.email) for one in Person.objects.filter(role="customer").select_related("user")),
        "marks": sorted(Brought.objects.values_list("kind", "foreign")),
    }  # fmt: skip


def undone(act) -> object:
    """What an act returns, with everything it stored taken back."""
    with transaction.atomic():
        made = act()
        transaction.set_rollback(True)
    return made


def accounted(tally) -> tuple[int, int, int, list[str]]:
    assert tally.received == tally.stored + tally.duplicate + len(tally.refused)
    return tally.received, tally.stored, tally.duplicate, sorted(one.key for one in tally.refused)


@pytest.fixture
def whole(take) -> dict[str, list]:
    def once():
        assert accounted(take()) == (16, 13, 0, ["d", "lost", "x"])
        return world()

    return undone(once)


@pytest.mark.parametrize("batches", range(9))
def test_killed_after_any_batch_it_brings_exactly_the_rest(take, whole, batches):
    with pytest.raises(Killed):
        take(kill_after=batches)
    broken = world()

    received, stored, duplicate, refused = accounted(take())

    assert broken != whole
    assert (received, stored + duplicate, refused) == (16, 13, ["d", "lost", "x"])
    assert duplicate == len([kind for kind, _key in broken["marks"] if kind != "person"])
    assert world() == whole
    assert accounted(take()) == (16, 0, 13, ["d", "lost", "x"])
    assert world() == whole


@pytest.mark.parametrize("marks", range(1, 8))
def test_killed_within_a_batch_that_batch_leaves_nothing(take, whole, marks, monkeypatch):
    calls, save = iter(range(1, 100)), batch.Batch._save_marks

    def dying(self, rows):
        save(self, rows)
        if next(calls) == marks:
            raise Killed

    monkeypatch.setattr(batch.Batch, "_save_marks", dying)
    with pytest.raises(Killed):
        take()
    monkeypatch.undo()
    assert accounted(take())[1:3] != (0, 13)
    assert world() == whole


@pytest.mark.parametrize("step", ["_merge", "_link"])
def test_killed_before_what_follows_from_all_rows_it_follows_the_next_time(take, whole, step, monkeypatch):
    def dying(*_args, **_more):
        raise Killed

    monkeypatch.setattr(storing, step, dying)
    with pytest.raises(Killed):
        take()
    broken = world()
    monkeypatch.undo()

    take()

    assert broken != whole
    assert world() == whole


def test_without_the_marks_of_what_is_here_it_would_come_twice(take, whole):
    with pytest.raises(Killed):
        take(kill_after=4)
    Brought.objects.all().delete()

    take()

    assert Post.objects.count() > len(whole["posts"])


def test_a_dry_run_tells_what_will_be_stored_and_refused(bringing, whole):
    tried = storing.bring(ROWS, bringing=bringing, by=bringing.by, now=NOW, dry_run=True)

    assert (Post.objects.count(), Brought.objects.count()) == (0, 0)
    brought = storing.bring(ROWS, bringing=bringing, by=bringing.by, now=NOW)
    assert tried.as_json() == brought.as_json()
    assert brought.as_json()["new"] == {"post": 3, "reply": 7, "vote": 3, "person": 2, "merge": 1}
    assert [one["words"] for one in brought.as_json()["first"]["post"]] == ["A hook", "A place", "Bag hook"]


def test_progress_counts_every_row(bringing):
    told = []

    storing.bring(ROWS, bringing=bringing, by=bringing.by, now=NOW, on_batch=lambda *both: told.append(both))

    assert (told[0], told[-1], {total for _done, total in told}) == ((1, 16), (16, 16), {16})
    assert [done for done, _total in told] == sorted(done for done, _total in told)


def test_an_import_that_another_process_does_is_left_to_it(bringing):
    with files.running(bringing), pytest.raises(CommunityError, match="at this moment"):
        carrying.carry_out(bringing, ROWS, now=NOW, dry_run=False)

    assert Post.objects.count() == 0


def test_the_command_goes_on_with_what_was_broken_off(bringing, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "prepare_database", lambda: None)
    path = tmp_path / "rows.csv"
    path.write_text(f"id,title,at\na,One,{BEGUN}\nb,Two,{BEGUN}\nc,Three,{BEGUN}\nd,,{BEGUN}\n")
    call = ["import", "csv", str(path), "--board", bringing.board.key, "--source", "ideas"]
    whole, save = batch.Batch._save_marks, []

    def dying(self, rows):
        save.append(rows)
        if len(save) == 2:
            raise Killed
        whole(self, rows)

    bringing.state = Bringing.State.UNDONE
    bringing.save()
    monkeypatch.setattr(batch.Batch, "_save_marks", dying)
    with pytest.raises(Killed):
        CliRunner().invoke(command.community, call)
    monkeypatch.setattr(batch.Batch, "_save_marks", whole)

    done = CliRunner().invoke(command.community, call)

    assert (
        done.output.splitlines()[0] == "Received 4 = stored 1 (0 of them updated) + duplicate 2 + refused 1."
    )
    assert [one.state for one in Bringing.objects.all()] == ["done", "undone"]
    assert set(Brought.objects.values_list("bringing", flat=True)) == {Bringing.objects.first().pk}
    assert files.refused_path(Bringing.objects.first()).read_text(encoding="utf-8-sig").splitlines() == [
        "row,why", "d,it has no title",
    ]  # fmt: skip
    assert JournalEntry.objects.filter(verb="brought in").count() == 1
