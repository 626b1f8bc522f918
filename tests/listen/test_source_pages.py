"""From an upload to stored records, on pages that work without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from interlock.fabric import records
from interlock.fabric.models import Event
from interlock.listen import intake, services, uploads
from interlock.listen.errors import UploadGone
from interlock.listen.models import Import, Signal, Source, State
from listen.small import NOON, signal, small_company

pytestmark = pytest.mark.django_db
ACCOUNTS = b"account_id,name,region\na1,North Shop,North\na2,South Shop,South\n"


@pytest.fixture(autouse=True)
def at_once(settings):
    """Run tasks where they are queued."""
    settings.TASKS = {
        "default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend", "QUEUES": []}
    }
    settings.AFTER_IMPORT_TASKS = []


def upload(client, name: str, content: bytes, **more):
    return client.post(reverse("listen:upload"), {"file": SimpleUploadedFile(name, content)}, **more)


def test_an_empty_installation_offers_an_upload_and_the_demo(signed_in):
    response = signed_in("owner").get(reverse("listen:sources"))

    assert "Nothing has been read yet." in response.text
    assert "Open the demo" in response.text


def test_an_observer_is_offered_nothing_to_import(signed_in):
    client = signed_in("observer")

    assert "Open the demo" not in client.get(reverse("listen:sources")).text
    assert client.get(reverse("listen:upload")).status_code == 403


def test_an_empty_file_is_refused_with_its_size(signed_in):
    response = upload(signed_in("owner"), "empty.csv", b"")

    assert response.status_code == 422
    assert "The file is empty (0 bytes)" in response.text
    assert Import.objects.count() == 0


def test_nothing_chosen_is_said(signed_in):
    response = signed_in("owner").post(reverse("listen:upload"), {})

    assert (response.status_code, Import.objects.count()) == (422, 0)


def test_what_is_too_large_is_refused_before_it_is_read(signed_in, settings, home):
    settings.UPLOAD_MB = 1

    response = upload(signed_in("owner"), "large.csv", b"x" * 1_500_000)

    assert response.status_code == 413
    assert "this page takes up to 1 MB" in response.text
    assert list((home / "uploads").glob("*")) == []


def test_a_full_disk_is_a_507_and_keeps_nothing(signed_in, monkeypatch, home):
    def full(self, raw_data: bytes, start: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads.StagedUpload, "receive_data_chunk", full)

    response = upload(signed_in("owner"), "a.csv", ACCOUNTS)

    assert (response.status_code, Import.objects.count()) == (507, 0)
    assert list((home / "uploads").glob("incoming*")) == []


def test_an_upload_without_its_token_is_refused(signed_in, home):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(signed_in("owner").person.user)

    response = upload(client, "a.csv", ACCOUNTS)

    assert (response.status_code, Import.objects.count()) == (403, 0)
    assert list((home / "uploads").glob("incoming*")) == []


def test_a_page_that_calls_itself_csv_is_refused_in_plain_words(signed_in):
    response = upload(signed_in("owner"), "export.csv", b"<!doctype html><html><body>Sign in</body></html>")

    page = signed_in("owner").get(response.url)
    assert Import.objects.get().state == State.FAILED
    assert "Nothing was stored" in page.text


def test_names_of_files_cannot_leave_their_folder(signed_in, home):
    upload(signed_in("owner"), "../../../../evil.csv", ACCOUNTS)

    assert not (home.parent / "evil.csv").exists()
    assert Import.objects.get().files[0]["name"] == "evil.csv"


def test_the_same_hash_is_kept_as_the_file_has(signed_in):
    import hashlib

    upload(signed_in("owner"), "a.csv", ACCOUNTS)

    assert Import.objects.get().files[0]["sha256"] == hashlib.sha256(ACCOUNTS).hexdigest()


def test_an_expired_upload_says_so_and_can_be_repeated(signed_in):
    client = signed_in("owner")
    upload(client, "a.csv", ACCOUNTS)
    import_ = Import.objects.get()
    uploads.drop_given(import_)

    client.post(reverse("listen:again", args=[import_.pk]))
    Import.objects.filter(pk=import_.pk).update(state=State.FAILED, errand="look")
    client.post(reverse("listen:again", args=[import_.pk]))

    import_.refresh_from_db()
    assert "are no longer here. Upload them again" in import_.error


def test_undo_and_removal_from_the_page(signed_in, waiting, reads):
    reads(small_company(signal(1)))
    done = intake.run(waiting(), clock=lambda: NOON)
    client = signed_in("lead")

    client.post(reverse("listen:undo", args=[done.pk]))
    assert (Import.objects.get().state, Signal.objects.count()) == (State.UNDONE, 0)

    reads(small_company(signal(1), signal(2)))
    intake.run(waiting(), clock=lambda: NOON)
    client.post(reverse("listen:remove", args=[Source.objects.get().pk]))
    assert (sum(records.snapshot().counts.values()), Signal.objects.count()) == (0, 0)


def test_a_contributor_may_look_and_not_change(signed_in, waiting, reads):
    reads(small_company(signal(1), refused=1))
    done = intake.run(waiting(), clock=lambda: NOON)
    client = signed_in("contributor")

    assert client.get(reverse("listen:import", args=[done.pk])).status_code == 200
    assert client.get(reverse("listen:refused", args=[done.pk])).getvalue().startswith(b"file,row,table")
    for name in ("undo", "stop", "again", "columns", "keep_mapping"):
        assert client.post(reverse(f"listen:{name}", args=[done.pk])).status_code == 403
    assert client.post(reverse("listen:remove", args=[done.source.pk])).status_code == 403


def test_the_page_of_a_finished_import_shows_its_sum_and_its_reasons(signed_in, waiting, reads):
    reads(small_company(signal(1), refused=2))
    done = intake.run(waiting(), clock=lambda: NOON)

    page = signed_in("observer").get(reverse("listen:import", args=[done.pk]))

    assert "5 rows were taken in, 2 were refused." in page.text
    assert "2 rows refused, each with its reason" in page.text
    assert "row 10: =cmd()" in page.text


def test_the_moving_part_reloads_the_page_when_it_is_done(signed_in, waiting, reads):
    import_ = waiting()
    client = signed_in("owner")
    url = reverse("listen:progress", args=[import_.pk])
    assert "Waiting for its turn" in client.get(url, HTTP_HX_REQUEST="true").text

    reads(small_company(signal(1)))
    intake.run(import_, clock=lambda: NOON)

    assert client.get(url, HTTP_HX_REQUEST="true").headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(("port", "trigger"), [(8001, "live, every 15s"), (0, "every 1s")])
def test_an_open_page_hears_of_an_import_through_the_stream_or_asks_each_second(
    signed_in, waiting, settings, port, trigger
):
    settings.STREAM_PORT, settings.STREAM_URL = port, ""
    import_ = waiting()
    client = signed_in("owner")

    page = client.get(reverse("listen:import", args=[import_.pk])).text
    part = client.get(reverse("listen:progress", args=[import_.pk]), HTTP_HX_REQUEST="true").text

    assert f'hx-trigger="{trigger}"' in page
    assert f'hx-trigger="{trigger}"' in part
    assert ('data-stream-topics="imports"' in page) == bool(port)


def test_the_stream_tells_that_an_import_moves_and_ends(waiting, reads):
    reads(small_company(signal(1)))
    done = intake.run(waiting(), clock=lambda: NOON)

    told = list(Event.objects.filter(topic="imports").values_list("about_key", "verb"))
    # On a busy machine it runs for longer and says so more than once.
    assert list(dict.fromkeys(told)) == [(str(done.pk), "running"), (str(done.pk), "done")]
    assert told[-1] == (str(done.pk), "done")


def test_a_stop_from_the_page_ends_a_waiting_import(signed_in, waiting):
    import_ = waiting()

    signed_in("owner").post(reverse("listen:stop", args=[import_.pk]))

    import_.refresh_from_db()
    assert import_.state == State.STOPPED


def test_the_page_settles_an_import_whose_reader_died(signed_in, waiting):
    import_ = services.begin_import(import_=waiting(), now=NOON)

    page = signed_in("owner").get(reverse("listen:import", args=[import_.pk]))

    assert "ended before it was done" in page.text
    assert "Run it again" in page.text


def test_an_upload_that_nobody_finishes_loses_its_files_after_a_week(signed_in):
    client = signed_in("owner")
    upload(client, "a.csv", ACCOUNTS)
    upload(client, "b.csv", ACCOUNTS)
    old, young = Import.objects.order_by("pk")
    Import.objects.filter(pk=old.pk).update(made_at=NOON - timedelta(days=8))
    Import.objects.filter(pk=young.pk).update(made_at=NOON - timedelta(days=6))

    expired = services.expire_uploads(now=NOON)

    old.refresh_from_db()
    assert (expired, old.files_kept) == (1, False)
    assert "removed after 7 days" in client.get(reverse("listen:import", args=[old.pk])).text
    assert uploads.given_path(young).name == "b.csv"


def test_a_database_that_was_read_on_the_command_line_says_how_to_read_it_again(signed_in, home):
    source = services.name_source(name="Shop", kind="database", now=NOON)
    import_ = services.name_location(
        location="", title="postgresql://db/shop", source=source, mapping="", files=[], by=None, now=NOON
    )

    with pytest.raises(UploadGone, match="interlock import ADDRESS --source 'Shop'"):
        uploads.given_path(import_)


def test_the_page_of_a_source_says_what_is_here_of_it_by_table(signed_in, waiting, reads):
    reads(small_company(signal(1), signal(2)))
    intake.run(waiting(), clock=lambda: NOON)
    reads(small_company(signal(2, body="The bike came later still")))
    again = intake.run(waiting(), clock=lambda: NOON)
    client = signed_in("observer")

    page = " ".join(client.get(reverse("listen:source", args=[again.source_id])).text.split())

    assert "7 stored, batch by batch" in page
    assert f'?source={again.source.key}">2 signals</a>, the newest of ' in page
    assert "; 1 accounts; 1 products; 1 orders; 1 order_lines." in page
    listed = client.get(reverse("listen:signals"), {"source": again.source.key})
    assert listed.context["heard"].signals == 2


def test_a_source_without_signals_does_not_lead_to_an_empty_list(signed_in, waiting, reads):
    reads(small_company())
    done = intake.run(waiting(), clock=lambda: NOON)

    page = signed_in("observer").get(reverse("listen:source", args=[done.source_id])).text

    assert "no signals; 1 accounts" in page
    assert f"?source={done.source.key}" not in page
