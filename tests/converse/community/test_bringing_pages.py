"""The page of imports: files are tried first, brought in by a worker, taken back; wrong files are refused in plain words."""

from __future__ import annotations

import csv
import json
import os
import struct
import zipfile
from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from interlock.converse.bringing import asking, files, rows
from interlock.converse.models import Bringing, Brought, Post, Vote
from interlock.converse.moderation import erasing
from interlock.fabric import work
from interlock.fabric.models import JournalEntry, Person

pytestmark = pytest.mark.django_db
TABLE = (
    "row,id,post,title,words,at,author,email\n"
    "post,a,,A hook,Left,2024-05-02,Marta Hagen,marta@example.com\n"
    "reply,b,a,,Me too,2024-05-03,Jonas Weber,\n"
    "vote,,a,,,2024-05-03,,jonas@example.com\n"
    "post,=d,,,No title,2024-05-02,,\n"
)


@pytest.fixture
def lead(client, person):
    found = person("lead", "service", name="Lena Fuchs")
    client.force_login(found.user)
    return found


@pytest.fixture
def give(client, board, lead):
    """Upload files to the page and let the worker look: `give("csv", ("rows.csv", TABLE))`."""

    def upload(system: str, *given: tuple[str, str | bytes]):
        sent = [
            SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
            for name, content in given
        ]
        answer = client.post(
            reverse("community:bringings"),
            {"system": system, "board": board.pk, "kind": "", "source": "", "file": sent},
        )
        assert answer.status_code == 302, answer.context["form"].errors
        asked()
        return Bringing.objects.first()

    return upload


def asked() -> None:
    """Do what waits for a worker, but not the hearing of signals."""
    work.run_ready()


def page_of(client, bringing) -> str:
    answer = client.get(reverse("community:bringing", args=[bringing.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_files_are_tried_brought_in_and_taken_back(client, give, lead):
    tried = give("csv", ("rows.csv", TABLE))

    text = page_of(client, tried)
    assert (tried.state, Post.objects.count()) == ("tried", 0)
    assert "Of 4 rows 3 would come; 1 would be refused." in text
    assert "A hook" in text
    assert "it has no title" in text
    assert "Bring in 3 rows" in text

    client.post(reverse("community:bring", args=[tried.pk]))
    assert "Bringing “csv” in." in page_of(client, tried)
    asked()
    tried.refresh_from_db()
    assert (tried.state, tried.done, tried.total, Post.objects.count()) == ("done", 4, 4, 1)
    assert "Of 4 rows 3 came; 1 were refused." in page_of(client, tried)
    assert not files.has_given(tried)
    refused = client.get(reverse("community:bringing_refused", args=[tried.pk]))
    assert b"".join(refused.streaming_content).decode("utf-8-sig").splitlines() == [
        "row,why", "'=d,it has no title",
    ]  # fmt: skip

    client.post(reverse("community:undo_bringing", args=[tried.pk]))
    assert "Taking “csv” back." in page_of(client, tried)
    asked()
    assert "“csv” is taken back, and nothing of it is left." in page_of(client, tried)
    assert (Post.objects.count(), Person.objects.filter(role="customer").count()) == (0, 0)
    assert "taken back" in client.get(reverse("community:bringings")).content.decode()
    assert list(
        JournalEntry.objects.filter(verb__in=["gave files of a community", "asked to bring in", "brought in",
                                              "asked to take back", "took back an import"])
        .order_by("pk").values_list("verb", "actor")
    ) == [(verb, lead.pk) for verb in ("gave files of a community", "asked to bring in", "brought in",
                                       "asked to take back", "took back an import")]  # fmt: skip


def test_a_trial_warns_of_what_it_would_overwrite(client, give):
    warning = "One row is here under the name “csv” already, with other words."
    first = give("csv", ("rows.csv", TABLE))
    assert warning not in page_of(client, first)
    client.post(reverse("community:bring", args=[first.pk]))
    asked()

    other = give("csv", ("other.csv", "id,title,words,at\na,A saddle,Of another community,2024-05-02\n"))

    assert warning in page_of(client, other)
    assert "Then upload it under a name of its own." in page_of(client, other)
    assert Post.objects.get().title == "A hook"


def test_until_all_came_the_page_tells_what_would_come(client, give):
    bringing = give("csv", ("rows.csv", TABLE))
    client.post(reverse("community:bring", args=[bringing.pk]))

    waiting = page_of(client, bringing)
    asked()
    done = page_of(client, bringing)

    said = ["What would become of 4 rows", "What became of 4 rows"]
    assert [[one in text for one in said] for text in (waiting, done)] == [[True, False], [False, True]]


def test_what_moves_says_how_far_and_then_loads_the_page(client, give):
    tried = give("csv", ("rows.csv", TABLE))
    address = reverse("community:bringing_moving", args=[tried.pk])
    Bringing.objects.update(state="bringing", done=50, total=200)

    with files.running(tried):
        part = client.get(address).content.decode()

    assert "50 of 200 rows" in part
    assert 'aria-valuenow="25"' in part
    Bringing.objects.update(state="done")
    assert client.get(address).headers["HX-Refresh"] == "true"


def test_nothing_is_brought_in_twice_nor_taken_back_twice(client, give, lead):
    tried = give("csv", ("rows.csv", TABLE))
    client.post(reverse("community:undo_bringing", args=[tried.pk]))
    tried.refresh_from_db()
    assert tried.state == "tried"

    for _each in range(2):
        client.post(reverse("community:bring", args=[tried.pk]))
        asked()

    assert Post.objects.count() == 1
    assert JournalEntry.objects.filter(verb="brought in").count() == 1


def test_what_broke_off_goes_on_with_the_rest(client, give, monkeypatch):
    tried = give("csv", ("rows.csv", TABLE))
    monkeypatch.setattr("interlock.converse.bringing.storing._link", lambda *_args: 1 / 0)
    client.post(reverse("community:bring", args=[tried.pk]))
    asked()
    text = page_of(client, tried)
    assert "“csv” broke off. What came so far is here." in text
    assert "division by zero" in text
    monkeypatch.undo()

    client.post(reverse("community:bring", args=[tried.pk]))
    asked()

    tried.refresh_from_db()
    assert (tried.state, tried.tally["duplicate"], Post.objects.count()) == ("done", 3, 1)


def zipped(*given: tuple[str, str | bytes], **options) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in given:
            archive.writestr(name, content)
    return made.getvalue()


def lying(packing: int) -> bytes:
    """A zip of one file that is larger than the archive states."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", packing) as archive:
        archive.writestr("a.json", b" " * 1_000_000)
    raw = bytearray(made.getvalue())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<I", 30_000)
    return bytes(raw)


def bomb() -> bytes:
    """A zip that says that its file has 2 GB, as an archive of zeros would."""
    made = bytearray(zipped(("posts.json", b"0" * 2_000)))
    at = made.rindex(b"PK\x01\x02")
    made[at + 24 : at + 28] = struct.pack("<I", 2 << 30)
    return bytes(made)


def locked() -> bytes:
    """A zip with a password: the flag of its file is set."""
    made = bytearray(zipped(("posts.json", "{}")))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.rindex(mark) + at] |= 1
    return bytes(made)


WRONG = {
    "no topic": ("discourse", ("a.json", '{"posts": []}'), "a.json holds no topic of Discourse"),
    "no JSON": ("discourse", ("a.json", "{broken"), "a.json is no JSON"),
    "another system": ("canny", ("rows.csv", TABLE), "rows.csv is no JSON"),
    "broken zip": ("fider", ("b.zip", zipped(("posts.json", "[]"))[:-30]), "b.zip is not in UTF-8"),
    "broken within": ("discourse", ("b.zip", zipped(("a.json", "x" * 500)).replace(b"PK\x03\x04", b"PK\x03\x05", 1)), "b.zip is a broken zip"),
    "bomb": ("fider", ("b.zip", bomb()), "b.zip unpacks to over 1 GB"),
    "password": ("fider", ("b.zip", locked()), "Save it without password"),
    "lacks tables": ("fider", ("b.zip", zipped(("posts.json", "[]"))), "lacks posts.json or users.json"),
    "other shape": ("fider", ("b.zip", zipped(("posts.json", '[{"x": 1}]'), ("users.json", '["y"]'))), "is not what fider exports"),
    "deep": ("discourse", ("a.json", "[" * 100_000), "a.json"),
    "encoding": ("csv", ("rows.csv", TABLE.replace("Hagen", "Hägen").encode("utf-16")), "is not in UTF-8"),
    "latin": ("csv", ("rows.csv", TABLE.replace("Hagen", "Hägen").encode("latin-1")), "Save it as “CSV UTF-8”"),
    "columns": ("csv", ("rows.csv", "id,title\n1,x\n"), "lacks the column at. Its first line names the columns: row, id"),
    "no rows": ("csv", ("rows.csv", "id,at\n"), "holds no row"),
    "bzip2": ("discourse", ("a.zip", lying(zipfile.ZIP_BZIP2)), "packed in an unusual way"),
    "lying zip": ("discourse", ("a.zip", lying(zipfile.ZIP_DEFLATED)), "is a broken zip: Bad CRC-32"),
    "zip of table": ("csv", ("b.zip", zipped(("rows.csv", TABLE))), "Unzip it"),
    "long cell": ("csv", ("rows.csv", f"id,at\n{'x' * 200_000},2024-05-02\n"), "field larger than field limit"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_in_plain_words(client, give, case):
    system, file, said = WRONG[case]

    failed = give(system, file)

    assert (failed.state, failed.tally, Post.objects.count()) == ("failed", {}, 0)
    assert said in failed.trouble
    assert failed.trouble.lower().endswith("nothing was stored.")
    text = page_of(client, failed)
    assert f"“{system}” was not read. Nothing was stored." in text
    assert reverse("community:bring", args=[failed.pk]) not in text


def test_several_tables_at_once_are_refused(client, give):
    failed = give("csv", ("one.csv", TABLE), ("two.csv", TABLE))

    assert "A table is one CSV file, and these are several." in failed.trouble


def test_a_file_too_large_to_be_read_at_once_is_refused(client, give, monkeypatch):
    monkeypatch.setattr(rows, "MOST_BYTES_OF_ONE", 100)

    assert "rows.csv has over 256 MB. Split it" in give("csv", ("rows.csv", TABLE)).trouble
    assert "a.json has over 256 MB" in give("discourse", ("a.json", json.dumps(["x" * 200]))).trouble


def test_an_upload_beyond_the_limit_is_refused_before_it_is_read(client, board, lead, settings):
    settings.UPLOAD_MB = 1
    sent = SimpleUploadedFile("rows.csv", b"x" * 1_100_000)

    answer = client.post(reverse("community:bringings"), {"system": "csv", "board": board.pk, "file": sent})

    assert answer.status_code == 413
    assert "this page takes up to 1 MB" in answer.content.decode()
    assert Bringing.objects.count() == 0


def test_a_form_without_a_file_is_refused_and_keeps_nothing(client, board, lead, settings):
    answer = client.post(reverse("community:bringings"), {"system": "mybb", "board": board.pk})

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"system", "file"}
    assert list(settings.UPLOADS_FOLDER.glob("incoming-*")) == []


def test_letters_that_no_database_keeps_are_left_out(client, give):
    topic = {"id": 1, "title": "A\x00 b\ud800", "post_stream": {"posts": [
        {"id": 1, "post_number": 1, "user_id": 1, "name": "N\x00", "created_at": "2024-05-02", "raw": "W\x00\ud800x"},
        {"id": "2\x00", "post_number": 2, "user_id": 1, "name": "N", "created_at": "0001-01-01T00:00:00+14:00", "raw": "w"},
    ]}}  # fmt: skip

    tried = give("discourse", ("a.json", json.dumps(topic)))
    client.post(reverse("community:bring", args=[tried.pk]))
    asked()

    assert list(Post.objects.values_list("title", "words", "author_name")) == [("A b", "Wx", "N")]
    tried.refresh_from_db()
    assert [one["why"] for one in tried.tally["reasons"]] == ["it names no moment"]


def test_files_that_were_never_brought_in_go_after_a_week(give, lead, board):
    old = give("csv", ("rows.csv", TABLE))
    Bringing.objects.update(made_at=old.made_at - asking.FILES_KEPT)
    new = give("csv", ("rows.csv", TABLE))

    assert asking.forget_files.call() == 1

    assert [files.has_given(old), files.has_given(new)] == [False, True]
    assert "interlock.converse.bringing.asking.forget_files" in settings.REPEATED_TASKS


def test_what_kills_each_worker_is_broken_off_and_can_be_taken_up_or_back(client, give):
    """A file may take more memory than there is: then the worker is killed, and each after it."""
    tried = give("csv", ("rows.csv", TABLE))
    client.post(reverse("community:bring", args=[tried.pk]))
    assert "Bringing “csv” in." in page_of(client, tried)
    DBTaskResult.objects.filter(status="READY").update(status="FAILED")

    text = page_of(client, tried)
    assert "Go on with the rest" in text
    assert "Take it back" in text
    client.post(reverse("community:bring", args=[tried.pk]))
    asked()

    tried.refresh_from_db()
    assert (tried.state, Post.objects.count()) == ("done", 1)


def test_what_kills_each_worker_that_tries_it_is_uploaded_again(client, give):
    tried = give("csv", ("rows.csv", TABLE))
    Bringing.objects.update(state="trying", tally={})
    DBTaskResult.objects.all().delete()

    text = page_of(client, tried)

    assert "“csv” was not read. Nothing was stored." in text
    assert "Upload it again" in text
    assert "Take it back" not in text
    assert "What would come stands here" not in text


def test_what_cannot_be_tried_says_so_and_not_to_go_on(client, give, monkeypatch):
    monkeypatch.setattr("interlock.converse.bringing.storing.bring", lambda *_args, **_more: 1 / 0)

    failed = give("csv", ("rows.csv", TABLE))

    assert failed.trouble == "It could not be tried: division by zero. Upload it again; nothing was stored."
    assert "Go on" not in page_of(client, failed)


@pytest.mark.real_clock
def test_what_came_with_forms_whose_process_died_goes_after_a_day(board):
    folders = [settings.UPLOADS_FOLDER / name for name in ("incoming-of-today", "incoming-of-one-who-died")]
    for folder in folders:
        folder.mkdir(parents=True)
    os.utime(folders[1], (0, 0))

    assert asking.forget_files.call() == 1

    assert [folder.exists() for folder in folders] == [True, False]


@pytest.mark.parametrize("address", ["community:bringings", "listen:upload"])
def test_a_form_from_elsewhere_leaves_no_file(board, lead, settings, address):
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(lead.user)
    sent = SimpleUploadedFile("rows.csv", TABLE.encode())

    answer = stranger.post(reverse(address), {"system": "csv", "board": board.pk, "file": sent})

    assert answer.status_code == 403
    assert list(settings.UPLOADS_FOLDER.rglob("rows*")) == []


@pytest.mark.parametrize("address", ["community:bringings", "listen:upload"])
@pytest.mark.parametrize(
    "name", ["\N{BICYCLE}" * 200 + ".csv", "../../../evil.csv", "..\\evil.csv", "a.csv/..", "%2e%2e%2fevil.csv", ".csv"]
)  # fmt: skip
def test_no_name_of_a_file_breaks_the_page_or_leaves_the_folder(client, board, lead, settings, address, name):
    sent = SimpleUploadedFile("rows.csv", TABLE.encode())
    sent._name = name
    before = set(settings.UPLOADS_FOLDER.parent.rglob("*evil*"))

    answer = client.post(reverse(address), {"system": "csv", "board": board.pk, "file": sent})

    assert answer.status_code in {302, 422}
    strange = {*settings.UPLOADS_FOLDER.parent.rglob("*evil*")} - before
    assert not [path for path in strange if settings.UPLOADS_FOLDER not in path.parents]


def test_refused_rows_run_in_no_spreadsheet(client, give):
    attacks = ("\uff1dHYPERLINK(1)", "\u3000=1+1", "\ufeff@SUM(1)", "-1+1", "harmless")
    lines = "".join(f"post,x{attack},,,No title,2024-05-02,,\n" for attack in attacks).replace(
        "post,x", "post,"
    )

    tried = give("csv", ("rows.csv", TABLE + lines))

    refused = client.get(reverse("community:bringing_refused", args=[tried.pk]))
    keys = [
        line[0] for line in csv.reader(b"".join(refused.streaming_content).decode("utf-8-sig").splitlines())
    ]
    assert keys == ["row", "'=d", "'\uff1dHYPERLINK(1)", "'=1+1", "'\ufeff@SUM(1)", "'-1+1", "harmless"]


def test_the_history_costs_the_same_for_any_number(client, give, django_assert_max_num_queries):
    give("csv", ("rows.csv", TABLE))
    first = Bringing.objects.get()
    for _each in range(20):
        first.pk = None
        first.save()

    with django_assert_max_num_queries(14):
        assert client.get(reverse("community:bringings")).status_code == 200


def test_two_voters_known_by_their_address_are_erased_one_after_the_other(client, give):
    votes = "".join(
        f"vote,,{post},,,2024-05-03,,{who}@example.com\n" for post in "ab" for who in ("jonas", "edda")
    )
    tried = give("csv", ("rows.csv", TABLE.replace("vote,,a,,,2024-05-03,,jonas@example.com\n", votes)))
    client.post(reverse("community:bring", args=[tried.pk]))
    asked()
    refused = files.refused_path(tried)
    assert ("b:jonas@example.com" in refused.read_text(), Vote.objects.count()) == (True, 2)

    for who in ("jonas", "edda"):
        erasing.erase(person=Person.objects.get(user__email=f"{who}@example.com"), now=tried.made_at)

    kept = refused.read_text() + str(list(Brought.objects.values())) + str(list(Bringing.objects.values()))
    assert ("jonas@" in kept, "edda@" in kept, Vote.objects.count()) == (False, False, 0)
    again = give("csv", ("rows.csv", TABLE.replace("vote,,a,,,2024-05-03,,jonas@example.com\n", votes)))
    client.post(reverse("community:bring", args=[again.pk]))
    asked()
    assert (Vote.objects.count(), Person.objects.exclude(user=None).filter(role="customer").count()) == (0, 1)


def test_who_is_known_by_name_alone_is_taken_out_of_what_was_refused(client, give):
    refused = "post,,,,No title,2024-05-02,Jonas Weber,\nvote,,lost,,,2024-05-03,Jonas Weber,\nvote,,lost,,,2024-05-03,Edda Kern,\n"
    tried = give("csv", ("rows.csv", TABLE + refused))
    client.post(reverse("community:bring", args=[tried.pk]))
    asked()
    path = files.refused_path(tried)
    before = path.read_bytes().decode("utf-8-sig").splitlines()
    assert "lost:name:Jonas Weber,its post is not here" in before

    erasing.erase(person=Person.objects.get(name="Jonas Weber"), now=tried.made_at)

    after = path.read_bytes().decode("utf-8-sig").splitlines()
    assert (len(after), "Jonas" in str(after)) == (len(before), False)
    assert "lost:name:Edda Kern,its post is not here" in after
