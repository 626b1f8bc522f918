"""Files of other communities as people have them: pages that are missing, names that stand twice, columns parted by semicolons.

Whatever cannot come is said before, and a trial says the same as the import itself.
"""

from __future__ import annotations

import json

import pytest

from interlock.converse.bringing import canny, discourse, storing, table
from interlock.converse.models import Bringing, Merge, Post

from .conftest import NOW

pytestmark = pytest.mark.django_db
OLD = "2024-05-02T09:00:00Z"


@pytest.fixture
def both(board, person):
    """What a trial of these rows tells, after the import told the same."""
    owner = person("owner", name="Olga Owner")

    def run(rows) -> dict:
        bringing = Bringing.objects.create(
            source="ideas", system="csv", board=board, kind="idea", by=owner, made_at=NOW
        )
        kept = list(rows)
        tried = storing.bring(kept, bringing=bringing, by=owner, now=NOW, dry_run=True).as_json()
        assert Post.objects.count() == 0
        assert storing.bring(kept, bringing=bringing, by=owner, now=NOW).as_json() == tried
        return tried

    return run


@pytest.fixture
def read_table(tmp_path):
    def read(text: str):
        path = tmp_path / "rows.csv"
        path.write_text(text)
        return list(table.read(path))

    return read


def reasons(told: dict) -> dict[str, tuple[int, str]]:
    return {one["why"]: (one["rows"], one["first"]) for one in told["reasons"]}


def test_columns_may_be_parted_by_semicolons_or_tabs(read_table):
    rows = read_table(f'id,title,words,at\na,A hook,"Left; or right",{OLD}\n')

    assert read_table(f'id;title;words;at\na;A hook;"Left; or right";{OLD}\n') == rows
    assert read_table(f"id\ttitle\twords\tat\na\tA hook\tLeft; or right\t{OLD}\n") == rows
    assert rows[0].words == "Left; or right"


def test_another_row_of_the_same_name_is_refused_and_overwrites_nothing(both, read_table):
    told = both(read_table(
        f"id,title,words,at\na,A hook,Left,{OLD}\na,A place,For bags,{OLD}\na,A hook,Left,{OLD}\n"
    ))  # fmt: skip

    assert (told["stored"], told["updated"], told["duplicate"]) == (1, 0, 1)
    assert reasons(told) == {"another row of the files has the same name, and other words": (1, "a")}
    assert Post.objects.get().title == "A hook"


def test_what_is_still_to_come_is_refused(both, read_table):
    told = both(read_table(f"id,title,at\na,A hook,{OLD}\nb,A place,2099-01-01\n"))

    assert reasons(told) == {"its moment is still to come: 2099-01-01": (1, "b")}


def test_a_trial_tells_which_merges_will_not_be(both, read_table):
    told = both(read_table(
        "id,title,at,kind,merged_into\n"
        "a,A,2024-05-01,idea,b\nb,B,2024-05-02,problem,c\nc,C,2024-05-03,idea,\n"
        "d,D,2024-05-04,idea,e\ne,E,2024-05-05,idea,d\n"
        "f,F,2024-05-06,ask,c\n"
        "g,G,2024-05-07,idea,h\nh,H,2024-05-01,idea,c\n"
    ))  # fmt: skip

    assert told["new"] == {"post": 8, "person": 0, "merge": 5}
    assert reasons(told) == {
        "stored, but not merged: the two became part of each other": (1, "e"),
        "stored, but not merged: a question, praise and what is voted on stay apart": (1, "f"),
    }
    # The older of two went on before what became part of it came: that follows to where it is now.
    assert {one.post.title: one.into.title for one in Merge.objects.all()} == {
        "A": "B", "B": "C", "D": "E", "G": "C", "H": "C",
    }  # fmt: skip


def test_pages_of_a_topic_are_one_topic_and_posts_in_no_file_are_refused(both, tmp_path):
    def page(*numbers: int) -> dict:
        posts = [
            {"id": 70 + n, "post_number": n, "user_id": n, "created_at": OLD, "raw": f"Text {n}"}
            for n in numbers
        ]
        return {"id": 7, "title": "Dark", "post_stream": {"posts": posts, "stream": [71, 72, 73, 74]}}

    (tmp_path / "7-2.json").write_text(json.dumps(page(3)))
    (tmp_path / "7.json").write_text(json.dumps(page(1, 2)))

    told = both(discourse.read(tmp_path))
    assert (told["received"], told["stored"]) == (4, 3)
    assert reasons(told) == {
        "its topic lists it, but no file holds it; ask for that topic with ?page=2 and on": (1, "post-74")
    }
    assert list(Post.objects.get().replies.order_by("pk").values_list("words", flat=True)) == [
        "Text 2",
        "Text 3",
    ]


def test_a_list_of_canny_without_its_last_page_is_said(both, tmp_path):
    def page(number: int, **more) -> str:
        return json.dumps({"posts": [{"id": f"p{number}", "title": "Hook", "created": OLD}], **more})

    (tmp_path / "1.json").write_text(page(1, hasMore=True))
    assert reasons(both(canny.read(tmp_path))) == {
        "Canny has more than these files (hasMore); ask it for the next page": (1, "the rest of posts")
    }

    (tmp_path / "2.json").write_text(page(2, hasMore=False))
    assert [one.key for one in canny.read(tmp_path)] == ["p1", "p2"]


def test_the_first_votes_name_their_posts_and_voters(both, read_table):
    told = both(read_table(
        f"row,id,post,title,at,email\npost,a,,A hook,{OLD},\nvote,,a,,{OLD},jonas@example.com\n"
    ))  # fmt: skip

    assert told["first"]["vote"] == [
        {"words": "A hook", "author": "jonas@example.com", "at": "2024-05-02T09:00:00+00:00"}
    ]
