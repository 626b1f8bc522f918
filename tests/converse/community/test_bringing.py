"""Another community comes over once, with its authors, dates, votes, merges, links and official status."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime

import pytest
from django.db.models import F

from interlock.converse.bringing import canny, discourse, fider, table
from interlock.converse.bringing.rows import Unreadable
from interlock.converse.bringing.storing import bring
from interlock.converse.community import signals
from interlock.converse.models import Bringing, Brought, Merge, Post, Reply, StatusChange, Vote
from interlock.converse.moderation import erasing
from interlock.fabric.models import Person

from .conftest import NOW

pytestmark = pytest.mark.django_db
OLD = "2024-05-02T09:00:00Z"
USERS = [
    {"id": 1, "name": "Marta Hagen", "email": "marta@example.com", "role": 1},
    {"id": 2, "name": "Jonas Weber", "email": "jonas@example.com", "role": 1},
    {"id": 3, "name": "Ada Admin", "email": "ada@example.com", "role": 3},
]
FIDER = {
    "users": USERS,
    "posts": [
        {"id": 10, "number": 1, "title": "A hook for bags", "description": "On the left side.", "user_id": 1,
         "status": 4, "response": "It comes in May.", "response_user_id": 3, "response_date": "2024-06-01T09:00:00Z",
         "original_id": None, "created_at": OLD},
        {"id": 11, "number": 2, "title": "A place for bags", "description": "See https://ideas.example.com/posts/1/a-hook, please",
         "user_id": 2, "status": 5, "original_id": 10, "created_at": "2024-05-03T09:00:00Z"},
        {"id": 12, "number": 3, "title": "Gone", "description": "", "user_id": 2, "status": 6, "created_at": OLD},
    ],
    "comments": [
        {"id": 5, "post_id": 10, "user_id": 2, "content": "Me too, see https://ideas.example.com/posts/2/", "created_at": "2024-05-04T09:00:00Z"},
        {"id": 6, "post_id": 10, "user_id": 2, "content": "Hidden", "created_at": OLD, "deleted_at": OLD},
    ],
    "post_votes": [
        {"post_id": 10, "user_id": 2, "created_at": "2024-05-05T09:00:00Z"},
        {"post_id": 11, "user_id": 2, "created_at": "2024-05-05T09:00:00Z"},
        {"post_id": 10, "user_id": 3, "created_at": "2024-05-05T09:00:00Z"},
    ],
}  # fmt: skip


@pytest.fixture
def owner(person):
    return person("owner", name="Olga Owner")


@pytest.fixture
def backup(tmp_path):
    """Write a backup of Fider with these tables: `backup(FIDER)`."""

    def write(tables) -> object:
        path = tmp_path / "backup.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, rows in tables.items():
                archive.writestr(f"{name}.json", json.dumps(rows))
        return path

    return write


def counts(tally) -> tuple[int, int, int, int, list[str]]:
    assert tally.received == tally.stored + tally.duplicate + len(tally.refused)
    return (
        tally.received,
        tally.stored,
        tally.updated,
        tally.duplicate,
        sorted(one.key for one in tally.refused),
    )


@pytest.fixture
def take(board, owner):
    def run(rows, *, dry_run: bool = False, kind: str = "idea"):
        bringing = Bringing(source="ideas", system="csv", board=board, kind=kind, by=owner, made_at=NOW)
        if not dry_run:
            bringing.save()
        return counts(bring(rows, bringing=bringing, by=owner, now=NOW, dry_run=dry_run))

    return run


def test_a_backup_of_fider_comes_over_with_everything(take, backup):
    received = take(fider.read(backup(FIDER)))

    assert received == (9, 6, 0, 0, ["1:3", "3", "comment-6"])
    hook, place = Post.objects.order_by("said_at")
    assert (hook.author.name, hook.author_name, hook.said_at) == (
        "Marta Hagen", "Marta H.", datetime(2024, 5, 2, 9, tzinfo=UTC)
    )  # fmt: skip
    assert hook.author.user.email == "marta@example.com"
    assert not hook.author.user.has_usable_password()
    assert list(StatusChange.objects.filter(post=hook).values_list("after__meaning", "because")) == [
        ("planned", "It comes in May.")
    ]
    assert list(hook.replies.filter(is_official=True).values_list("author_name", "words")) == [
        ("Ada Admin", "It comes in May.")
    ]
    assert list(Vote.objects.filter(post=hook).values_list("person__name", flat=True)) == ["Jonas Weber"]
    assert Merge.objects.get().post == place
    assert hook.people_count == 2
    # Links between posts there lead to what became of them here.
    assert f"See /community/posts/{hook.pk}/" in place.words
    assert f"/community/posts/{place.pk}/" in hook.replies.get(is_official=False).words


def test_the_same_file_again_changes_nothing_and_a_newer_one_updates(take, backup):
    take(fider.read(backup(FIDER)))
    before = [list(model.objects.order_by("pk").values()) for model in (Reply, Vote, Person, Brought)]

    assert take(fider.read(backup(FIDER))) == (9, 0, 0, 6, ["1:3", "3", "comment-6"])
    assert [list(model.objects.order_by("pk").values()) for model in (Reply, Vote, Person, Brought)] == before

    newer = json.loads(json.dumps(FIDER))
    newer["posts"][0]["title"] = "Two hooks for bags"
    assert take(fider.read(backup(newer))) == (9, 1, 1, 5, ["1:3", "3", "comment-6"])
    assert sorted(Post.objects.values_list("title", flat=True)) == ["A place for bags", "Two hooks for bags"]


def test_who_was_erased_here_does_not_come_back_with_the_next_file(take, backup):
    take(fider.read(backup(FIDER)))
    erasing.erase(person=Person.objects.get(name="Jonas Weber"), now=NOW)
    newer = json.loads(json.dumps(FIDER))
    newer["posts"][1]["title"] = "A place for many bags"

    received = take(fider.read(backup(newer)))

    assert (received[1], {"2", "comment-5"} <= set(received[4])) == (0, True)
    assert sorted(Post.objects.values_list("title", flat=True)) == ["", "A hook for bags"]
    assert list(Reply.objects.values_list("author_name", flat=True)) == ["Ada Admin"]
    assert sorted(Person.objects.filter(role="customer").values_list("name", flat=True)) == [
        "Marta Hagen",
        "Somebody who left",
    ]


def test_a_dry_run_tells_the_same_and_stores_nothing(take, backup):
    told = take(fider.read(backup(FIDER)), dry_run=True)

    assert (Post.objects.count(), Reply.objects.count(), Person.objects.filter(role="customer").count()) == (
        0,
        0,
        0,
    )
    assert take(fider.read(backup(FIDER))) == told


def test_fiders_export_names_no_voters_and_says_so(take, tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text(
        "number,title,description,created_at,created_by,votes_count,comments_count,status,responded_by,responded_at,"
        "response,original_number,original_title,tags\n"
        f"1,A hook,Left,{OLD},Marta Hagen,3,0,completed,Ada,{OLD},Done,,,\n"
        f"2,A place,,{OLD},Jonas Weber,0,0,duplicate,,,,1,A hook,\n"
    )

    assert take(fider.read(path)) == (6, 3, 0, 0, ["vote-1-1", "vote-1-2", "vote-1-3"])
    assert Post.objects.get(title="A hook").status.meaning == "done"
    assert Merge.objects.get().into.title == "A hook"


def test_topics_of_discourse_become_questions_with_official_answers(take, tmp_path):
    def post(number, **more):
        return {"id": 70 + number, "post_number": number, "post_type": 1, "user_id": number, "name": f"Name {number}",
                "username": f"n{number}", "created_at": OLD, "cooked": f"<p>Text {number}</p>", **more}  # fmt: skip

    topic = {"id": 7, "slug": "dark", "title": "Display goes dark", "post_stream": {"posts": [
        post(1), post(2, staff=True, accepted_answer=True, raw="Press **both** keys."),
        post(3, post_type=4), post(4, cooked='<p>As in <a href="#">https://c.example.com/t/dark/7/2</a></p>'),
    ]}}  # fmt: skip
    (tmp_path / "7.json").write_text(json.dumps(topic))

    assert take(discourse.read(tmp_path / "7.json"), kind="ask") == (4, 3, 0, 0, ["post-73"])
    asked = Post.objects.get()
    assert (asked.words, asked.status.meaning, asked.waits) == ("Text 1", "done", False)
    assert list(asked.replies.values_list("words", "is_official")) == [
        ("Press **both** keys.", True), (f"As in /community/posts/{asked.pk}/display-goes-dark/", False)
    ]  # fmt: skip


def test_lists_of_canny_come_over_without_internal_comments(take, tmp_path):
    marta = {"id": "u1", "name": "Marta Hagen", "email": "marta@example.com", "isAdmin": False}
    content = {
        "posts": [{"id": "p1", "title": "Hook", "details": "Left", "created": OLD, "author": marta,
                   "status": "complete", "url": "https://x.canny.io/admin/board/ideas/p/hook"}],
        "statusChanges": [{"created": OLD, "post": {"id": "p1"}, "status": "complete",
                           "changeComment": {"value": "Shipped"}}],
        "comments": [
            {"id": "c1", "created": OLD, "post": {"id": "p1"}, "value": "Fine", "author": marta},
            {"id": "c2", "created": OLD, "post": {"id": "p1"}, "value": "Secret", "author": marta, "internal": True},
        ],
        "votes": [{"id": "v1", "created": OLD, "post": {"id": "p1"}, "voter": marta | {"id": "u2", "email": ""}}],
    }  # fmt: skip
    (tmp_path / "canny.json").write_text(json.dumps(content))

    assert take(canny.read(tmp_path / "canny.json")) == (4, 3, 0, 0, ["comment-c2"])
    assert Post.objects.get().status.meaning == "done"
    assert list(Reply.objects.values_list("words", flat=True)) == ["Fine"]
    assert Vote.objects.get().person.user is None
    assert Brought.objects.get(kind="post").address == "/ideas/p/hook"


def test_a_post_of_canny_comes_over_although_its_address_is_none(take, tmp_path):
    marta = {"id": "u1", "name": "Marta Hagen", "email": "", "isAdmin": False}
    post = {
        "id": "p1",
        "title": "Hook",
        "details": "Left",
        "created": OLD,
        "author": marta,
        "url": "http://[x",
    }
    (tmp_path / "canny.json").write_text(json.dumps({"posts": [post]}))

    assert take(canny.read(tmp_path / "canny.json")) == (1, 1, 0, 0, [])
    assert Brought.objects.get(kind="post").address == ""


def test_a_table_of_rows_comes_over_and_each_wrong_row_says_why(take, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        "row,id,post,title,words,at,author,email,kind,status\n"
        f"post,a,,A hook,Left,{OLD},Marta Hagen,marta@example.com,idea,planned\n"
        f"reply,b,a,,Me too,{OLD},Jonas Weber,,,\n"
        f"vote,,a,,,{OLD},,jonas@example.com,,\n"
        f"reply,c,zz,,Lost,{OLD},Jonas,,,\n"
        "post,d,,No moment,x,yesterday,Jonas,,,\n"
        f"post,e,,Wrong,x,{OLD},Jonas,,wish,\n"
        f"post,f,,,x,{OLD},Jonas,,,\n"
    )

    assert take(table.read(path)) == (7, 3, 0, 0, ["c", "d", "e", "f"])


def test_old_posts_are_signals_without_a_clock(take, backup):
    take(fider.read(backup(FIDER)))

    said = [*Post.objects.all(), *Reply.objects.filter(is_official=False)]
    assert {bool(one.signal_key) for one in said} == {True}
    assert {signals.is_history(one) for one in said} == {True}
    Post.objects.update(said_at=F("signal_due"))
    assert {signals.is_history(one) for one in Post.objects.all()} == {False}


def test_an_address_of_a_colleague_is_no_customers(take, backup, person):
    priya = person("contributor", "product", name="Priya Nair")
    tables = json.loads(json.dumps(FIDER))
    tables["users"][0]["email"] = priya.user.email
    tables["users"][2]["email"] = priya.user.email

    take(fider.read(backup(tables)))

    hook = Post.objects.order_by("said_at")[0]
    assert hook.author.role == "customer"
    assert hook.author.user is None
    assert hook.replies.get(is_official=True).author == priya


@pytest.mark.parametrize("read", [fider.read, canny.read, discourse.read, table.read])
def test_a_file_of_another_kind_is_refused_as_a_whole(read, tmp_path):
    (tmp_path / "other.json").write_text('{"a": 1}')

    with pytest.raises(Unreadable, match="Nothing was stored"):
        list(read(tmp_path / "other.json"))
