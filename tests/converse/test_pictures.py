"""Pictures of lines: brought, seen by the readers of their line, bounded, and forgotten."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from converse.conftest import NOW
from interlock.converse.errors import TooMany

pytestmark = pytest.mark.django_db


def picture_file() -> bytes:
    written = BytesIO()
    Image.new("RGB", (40, 20), "teal").save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def brought(mixed):
    from interlock.converse.talks import pictures
    from interlock.converse.words import redrawn

    return pictures.bring_picture(
        conversation=mixed.talk, by=mixed.staff, drawn=redrawn(picture_file()), now=NOW
    )


def sees(client, mixed, key) -> dict[str, int]:
    seen = {}
    for name in ("staff", "maker", "partner", "customer"):
        client.force_login(getattr(mixed, name).user)
        seen[name] = client.get(f"/pictures/{key}/").status_code
    return seen


def test_a_picture_is_seen_by_who_brought_it_and_then_by_the_readers_of_its_line(client, mixed, say, brought):
    from interlock.converse import corrections
    from interlock.converse.talks.pictures import markdown_of

    alone = sees(client, mixed, brought.key)
    line = say(mixed.staff, f"Look: {markdown_of(brought)}", "partner")
    sent = sees(client, mixed, brought.key)
    corrections.remove_message(message=line, by=mixed.staff, now=NOW)

    assert alone == {"staff": 200, "maker": 404, "partner": 404, "customer": 404}
    assert sent == {"staff": 200, "maker": 200, "partner": 200, "customer": 404}
    assert set(sees(client, mixed, brought.key).values()) == {404}


def test_nobody_takes_the_picture_of_another_into_a_line_of_their_own(client, mixed, say, brought):
    from interlock.converse.talks.pictures import markdown_of

    say(mixed.staff, markdown_of(brought), "staff")
    say(mixed.maker, markdown_of(brought), "customer")

    assert sees(client, mixed, brought.key)["customer"] == 404


def test_a_picture_is_served_as_what_it_is_and_kept_by_nobody(client, mixed, brought):
    client.force_login(mixed.staff.user)
    answer = client.get(f"/pictures/{brought.key}/")

    headers = {
        name: answer.headers[name] for name in ("Content-Type", "X-Content-Type-Options", "Cache-Control")
    }
    assert headers == {
        "Content-Type": "image/webp",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }


def test_pictures_come_with_the_form_or_before_it(client, mixed):
    client.force_login(mixed.customer.user)
    upload = BytesIO(picture_file())
    upload.name = "bike.png"

    before = client.post(f"{mixed.url}pictures/", {"picture": upload}).json()["text"]
    upload.seek(0)
    client.post(f"{mixed.url}say/", {"body": "See.", "picture": upload})
    refused = client.post(f"{mixed.url}pictures/", {"picture": BytesIO(b"no picture")})

    assert before.startswith("![picture](/pictures/")
    assert mixed.talk.messages.last().pictures.count() == 1
    assert (refused.status_code, "no picture we can show" in refused.json()["refused"]) == (422, True)


@pytest.mark.parametrize(("path", "more"), [("pictures/", {}), ("say/", {"body": "See."})])
def test_a_picture_is_drawn_before_anything_is_locked(client, mixed, monkeypatch, path, more):
    from django.db import connection

    from interlock.converse import views, words
    from interlock.converse.talks import line_pages

    def drawing(content):
        open_blocks.append(len(connection.savepoint_ids))
        return words.redrawn(content)

    open_blocks = []
    for pages in (views, line_pages):
        monkeypatch.setattr(pages, "redrawn", drawing)
    client.force_login(mixed.staff.user)
    around = len(connection.savepoint_ids)
    client.post(f"{mixed.url}{path}", {"picture": BytesIO(picture_file()), **more})

    assert (open_blocks, mixed.talk.pictures.count()) == ([around], 1)


def test_what_waits_for_its_line_is_bounded_and_forgotten(mixed, brought):
    from interlock.converse.models import Picture
    from interlock.converse.talks import pictures
    from interlock.converse.words import redrawn
    from interlock.converse.words.pictures import path_of

    Picture.objects.bulk_create(
        Picture(
            conversation=mixed.talk,
            brought_by=mixed.staff,
            brought_at=NOW,
            key=f"k{n}",
            width=1,
            height=1,
            size=1,
        )
        for n in range(19)
    )
    with pytest.raises(TooMany):
        pictures.bring_picture(
            conversation=mixed.talk, by=mixed.staff, drawn=redrawn(picture_file()), now=NOW
        )

    kept = pictures.forget_loose_pictures(now=NOW + timedelta(days=1))
    gone = pictures.forget_loose_pictures(now=NOW + timedelta(days=3))
    assert (kept, gone, Picture.objects.count(), path_of(brought.key).exists()) == (0, 20, 0, False)


def test_a_picture_that_stands_in_a_draft_waits_with_it(mixed, brought):
    from interlock.converse.talks import drafts, pictures

    later = NOW + timedelta(days=30)
    body = pictures.markdown_of(brought)
    drafts.keep_draft(conversation=mixed.talk, by=mixed.staff, body=body, audience="staff", now=NOW)
    kept = pictures.forget_loose_pictures(now=later)
    drafts.drop_draft(conversation=mixed.talk, by=mixed.staff)

    assert (kept, pictures.forget_loose_pictures(now=later)) == (0, 1)
