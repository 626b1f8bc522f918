"""You said, we did by mail: nothing before a press on the link of the first mail, then one letter a month with news."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from converse.community.conftest import MAIL
from converse.loop.conftest import DAY, NOW
from converse.loop.test_stories import show
from interlock.connectors.live import NotSent, PerhapsSent
from interlock.converse.loop import monthly
from interlock.converse.models import MonthlyReader
from interlock.converse.moderation import erasing
from interlock.converse.moderation.kept_about import kept_about
from interlock.converse.notices import stopping
from interlock.fabric import work

pytestmark = pytest.mark.django_db
ADDRESS = "reader@example.com"
SITE = "https://talk.example.com"
NEXT_MONTH = datetime(2026, 12, 1, 8, tzinfo=UTC)


@pytest.fixture
def mails(settings, monkeypatch):
    settings.MAIL_SERVER, settings.PAGES_URL, settings.TIME_ZONE = MAIL, SITE, "UTC"
    cache.clear()  # how often this machine asked
    notes = []
    monkeypatch.setattr(monthly, "post", lambda _office, note, *, now, wait: notes.append(note))
    return notes


def link_in(note, step: str) -> str:
    return next(word for word in note.text.split() if f"/{step}/" in word).removeprefix(SITE)


def asked(client, mails, address: str = ADDRESS) -> str:
    """The link of the first mail."""
    client.post(reverse("loop:follow"), {"address": address})
    work.run_ready()
    return link_in(mails[-1], "start")


def reads(client, mails, address: str = ADDRESS, since: datetime = NOW) -> None:
    client.post(asked(client, mails, address))
    MonthlyReader.objects.filter(address=address).update(started_at=since, told_up_to=since)
    mails.clear()


def month_passes(now: datetime = NEXT_MONTH) -> int:
    planned = monthly.plan(now=now)
    for reader in MonthlyReader.objects.filter(month=now.date().replace(day=1)):
        monthly.send(reader.pk, now=now)
    return planned


def test_nothing_comes_to_an_address_whose_link_was_only_read(heard, client, mails):
    link = asked(client, mails)
    assert b"Start the letters" in client.get(link).content

    show(heard)

    assert (month_passes(), len(mails)) == (0, 1)


def test_a_press_starts_the_letters_and_one_comes_a_month_with_what_is_new(heard, client, mails):
    reads(client, mails, since=NOW - DAY)
    show(heard)

    assert [month_passes(NEXT_MONTH + hours) for hours in (timedelta(0), timedelta(days=20))] == [1, 0]

    (letter,) = mails
    assert (letter.to, letter.subject) == (ADDRESS, "Community: you said, we did: one thing")
    told = "You said: The hinge of my Plover opened.\nWe did: A second latch, free of charge.\n"
    assert letter.text.startswith(
        told + "2 of 6 who were told say: solved. 0 say: not yet, 4 have said nothing.\n"
    )
    assert letter.stop == SITE + link_in(letter, "stop")
    assert month_passes(datetime(2027, 1, 1, 8, tzinfo=UTC)) == 0, "nothing is new"


def test_what_was_shown_before_somebody_came_is_no_news(heard, client, mails):
    show(heard)
    reads(client, mails, since=NOW + DAY)

    assert (month_passes(), mails) == (0, [])


def test_the_page_says_the_same_whether_the_letters_come_already_or_not(client, mails):
    reads(client, mails)

    answers = [client.post(reverse("loop:follow"), {"address": one}) for one in (ADDRESS, "new@example.com")]
    work.run_ready()

    assert [(one.status_code, one["Location"]) for one in answers] == [
        (302, f"{reverse('loop:follow')}?asked=yes")
    ] * 2
    assert b"Look into your mail." in client.get(answers[0]["Location"]).content
    assert [note.to for note in mails] == ["new@example.com"]


def test_nobody_fills_a_box_by_asking_again_and_again(client, mails):
    for _time in range(3):
        client.post(reverse("loop:follow"), {"address": " Reader@Example.com "})
    work.run_ready()

    assert [note.to for note in mails] == [ADDRESS]
    refused = [
        client.post(reverse("loop:follow"), {"address": f"{n}@example.com"}).status_code for n in range(9)
    ]
    assert refused == [302] * 7 + [422] * 2


def test_a_mail_program_stops_them_by_one_post_and_the_address_is_forgotten(heard, client, mails):
    reads(client, mails, since=NOW - DAY)
    show(heard)
    month_passes()
    link = link_in(mails[0], "stop")
    assert b"Shall the letters stop?" in client.get(link).content

    stopped = type(client)(enforce_csrf_checks=True).post(link, {"List-Unsubscribe": "One-Click"})

    assert (stopped.status_code, MonthlyReader.objects.count()) == (200, 0)
    again = client.get(link)
    assert (again.status_code, b"they are stopped, and the address is forgotten" in again.content) == (
        404,
        True,
    )


@pytest.mark.parametrize("step", ["start_letters", "stop_letters"])
def test_a_made_up_link_leads_nowhere(client, mails, step):
    link = asked(client, mails)
    signed = link.rstrip("/").rpartition("/")[2]
    other = {"start_letters": signed.replace("-", "-1", 1), "stop_letters": signed}[step]

    answer = client.post(reverse(f"loop:{step}", args=[other]))
    assert (answer.status_code, reverse("loop:follow") in answer.content.decode()) == (404, True)
    assert MonthlyReader.objects.get().started_at is None


def test_who_never_used_the_link_is_forgotten_in_two_days(client, mails):
    asked(client, mails)
    MonthlyReader.objects.update(asked_at=datetime(2026, 1, 1, tzinfo=UTC))
    reads(client, mails, "kept@example.com")

    monthly.plan_letters.func()

    assert list(MonthlyReader.objects.values_list("address", flat=True)) == ["kept@example.com"]


def test_a_letter_that_was_surely_not_taken_waits_and_one_that_perhaps_left_does_not(
    heard, client, mails, monkeypatch
):
    reads(client, mails, since=NOW - DAY)
    show(heard)
    monthly.plan(now=NEXT_MONTH)
    reader = MonthlyReader.objects.get()

    def fails(error):
        def one(_office, _note, *, now, wait):
            raise error

        return one

    monkeypatch.setattr(monthly, "post", fails(NotSent("The server is away.")))
    with pytest.raises(NotSent):
        monthly.send(reader.pk, now=NEXT_MONTH)
    reader.refresh_from_db()
    assert reader.told_up_to == NOW - DAY

    monkeypatch.setattr(monthly, "post", fails(PerhapsSent("It broke off.")))
    monthly.send(reader.pk, now=NEXT_MONTH)
    reader.refresh_from_db()
    assert reader.told_up_to == NEXT_MONTH


def test_a_worker_killed_while_it_sends_sends_none_twice(heard, client, mails, monkeypatch):
    reads(client, mails, since=NOW - DAY)
    show(heard)
    monthly.plan(now=NEXT_MONTH)
    reader = MonthlyReader.objects.get()

    def is_killed(_office, note, *, now, wait):
        mails.append(note)
        raise KeyboardInterrupt

    monkeypatch.setattr(monthly, "post", is_killed)
    with pytest.raises(KeyboardInterrupt):
        monthly.send(reader.pk, now=NEXT_MONTH)
    monthly.send(reader.pk, now=NEXT_MONTH)

    assert len(mails) == 1


def test_an_erased_address_gets_none(client, mails):
    reads(client, mails)

    erasing.erase_address(address=ADDRESS.upper(), now=NOW)

    assert not MonthlyReader.objects.exists()


@pytest.mark.parametrize("way", ["signed in", "by the link"])
def test_who_stops_all_mail_gets_no_letters_either(client, mails, person, way):
    marta = person("customer", name="Marta Hagen")
    reads(client, mails, marta.user.email)
    reads(client, mails, "kept@example.com")

    if way == "signed in":
        client.force_login(marta.user)
        client.post(reverse("community:mail"), {"on": "no"})
    else:
        client.post(stopping.address_of(marta).removeprefix(SITE))

    assert list(MonthlyReader.objects.values_list("address", flat=True)) == ["kept@example.com"]


def test_the_letters_stand_in_the_copy_of_what_is_kept(client, mails, person):
    marta = person("customer", name="Marta Hagen")
    reads(client, mails, marta.user.email)
    reads(client, mails, "kept@example.com")

    kept = kept_about(person=marta, now=NOW, for_themselves=True)

    assert [one["address"] for one in kept.rows["converse.MonthlyReader"]] == [marta.user.email]


def test_the_page_stands_under_you_said_we_did(client, mails):
    page = client.get(reverse("loop:follow")).content.decode()

    marked = re.findall(r'aria-current="page">([^<]+)<', page)
    assert marked == ["You said, we did"]


def test_without_a_mail_server_nothing_is_offered(client, settings):
    settings.MAIL_SERVER = {}

    assert b"No letters yet." in client.get(reverse("loop:follow")).content
    client.post(reverse("loop:follow"), {"address": ADDRESS})
    assert (MonthlyReader.objects.count(), reverse("loop:follow")) == (0, "/community/you-said/follow/")
    assert b"/you-said/follow/" not in client.get(reverse("loop:you_said")).content
