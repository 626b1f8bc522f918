"""Each can read their own days in a calendar: what is due, nothing they may not see, at an address that can be changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from converse.conftest import NOW, PARTNER_CANARY, STAFF_CANARY
from interlock.converse import services
from interlock.converse.models import Duty
from interlock.converse.notices import calendar
from interlock.converse.notices.calendar import Day
from interlock.fabric import invitations, people

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def the_day(monkeypatch):
    """Calendars leave out what is long over."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def days(mixed, settings):
    """An answer, a promise and a decision of Lena's, a host day, and a promise of the partner's."""
    settings.PAGES_URL = "https://talk.example.com"
    services.frame_conversation(
        conversation=mixed.talk, purpose=STAFF_CANARY, question="Which date?", due=TODAY + timedelta(days=2),
        by=mixed.staff, now=NOW,
    )  # fmt: skip
    services.say(conversation=mixed.talk, by=mixed.partner, body="Friday.", now=NOW)
    services.decide(
        conversation=mixed.talk, chosen=f"Friday, {STAFF_CANARY}", instead_of="", because="They asked.",
        revisit_on=TODAY + timedelta(days=30), by=mixed.staff, now=NOW,
    )  # fmt: skip
    for owner, audience in ((mixed.staff, "staff"), (mixed.partner, "partner")):
        services.commit(
            conversation=mixed.talk, what=f"Call, {audience}", owner=owner, due=TODAY + timedelta(days=5),
            audience=audience, by=mixed.staff, now=NOW,
        )  # fmt: skip
    Duty.objects.create(person=mixed.staff, day=TODAY + timedelta(days=1), until=time(17))
    return mixed


def address(person) -> str:
    calendar.change_address(person=person, on=True)
    return calendar.address_of(person).removeprefix("https://talk.example.com")


def summaries(text: str) -> list[tuple[str, str]]:
    rows = dict[str, str]()
    found = []
    for line in text.replace("\r\n ", "").split("\r\n"):
        name, _, value = line.partition(":")
        rows[name] = value
        if line == "END:VEVENT":
            found.append((rows["DTSTART;VALUE=DATE"], rows["SUMMARY"]))
    return found


def test_a_decision_that_was_taken_back_is_not_looked_at_again(client, days):
    decision = days.talk.decisions.get()
    services.take_decision_back(decision=decision, by=days.staff, because="They called.", now=NOW)

    assert "Look again" not in client.get(address(days.staff)).text


def test_everybody_reads_their_own_days_and_no_canary_of_others(client, days):
    read = {
        who: client.get(address(person)).text for who, person in vars(days).items() if hasattr(person, "role")
    }

    assert summaries(read["staff"]) == [
        ("20261123", "Host of the community until 17:00"),
        ("20261127", "Promised: Call\\, staff"),
        ("20261222", f"Look again: Friday\\, {STAFF_CANARY}"),
    ]
    assert summaries(read["maker"]) == [("20261124", "Answer due: Which date?")]
    assert summaries(read["partner"]) == [("20261127", "Promised: Call\\, partner")]
    assert summaries(read["customer"]) == [("20261124", "Answer due: Which date?")]
    assert summaries(read["observer"]) == []
    guests = read["partner"] + read["customer"]
    assert [canary in guests for canary in (STAFF_CANARY, PARTNER_CANARY)] == [False, False]


def test_a_new_address_voids_the_one_before_and_who_stops_or_leaves_has_none(client, days):
    first = address(days.maker)
    second = address(days.maker)
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)

    client.force_login(days.maker.user)
    client.post(reverse("notices:change_calendar"), {"what": "stop"})
    assert (calendar.address_of(days.maker), client.get(second).status_code) == ("", 404)

    client.post(reverse("notices:change_calendar"))
    third = calendar.address_of(days.maker).removeprefix("https://talk.example.com")
    assert third in client.get(reverse("notices:choices")).text
    people.end_access(person=days.maker, by=days.staff, now=NOW)
    assert client.get(third).status_code == 404


def test_a_made_up_address_leads_nowhere(client, days):
    mine = address(days.maker)
    others = mine.replace(f"/{days.maker.pk}.", f"/{days.staff.pk}.")
    address(days.staff)

    made_up = (others, "/notices/calendar/x.ics", f"/notices/calendar/{'9' * 5000}.1.ics")
    assert [client.get(one).status_code for one in made_up] == [404, 404, 404]


def test_a_renewed_sign_in_another_password_and_ended_access_close_the_address(client, days):
    """Whoever stole the sign-in may have copied the address too."""
    first = address(days.maker)
    invitations.renew(person=days.maker, by=days.staff, now=NOW)
    days.maker.refresh_from_db()
    second = calendar.address_of(days.maker).removeprefix("https://talk.example.com")
    after_renewal = [client.get(one).status_code for one in (first, second)]
    days.maker.user.set_password("another long one, 2026")
    days.maker.user.save()
    third = calendar.address_of(days.maker).removeprefix("https://talk.example.com")
    after_password = [client.get(one).status_code for one in (second, third)]
    people.end_access(person=days.maker, by=days.staff, now=NOW)

    assert (after_renewal, after_password) == ([404, 200], [404, 200])
    assert client.get(third).status_code == 404


def test_nobody_without_an_address_has_a_calendar(days):
    assert calendar.address_of(days.maker) == ""


def test_reading_costs_the_same_however_much_there_is(client, days, django_assert_num_queries):
    mine = address(days.staff)
    for number in range(8):
        services.commit(
            conversation=days.talk, what=f"Thing {number}", owner=days.staff, due=TODAY + timedelta(days=number),
            audience="staff", by=days.staff, now=NOW,
        )  # fmt: skip

    with django_assert_num_queries(6):
        assert len(summaries(client.get(mine).text)) == 11


def test_titles_add_no_property_and_lines_are_folded_between_letters(days, settings):
    nasty = "A; B, C\\D\r\nBEGIN:VALARM\u2028 " + "ä" * 100
    text = calendar.written(
        [Day("x-1", date(2026, 12, 31), nasty, "https://x.example/", datetime(2026, 1, 2, tzinfo=UTC))]
    )

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines[6:-2] == [
        "BEGIN:VEVENT",
        "UID:x-1@talk.example.com",
        "DTSTAMP:20260102T000000Z",
        "DTSTART;VALUE=DATE:20261231",
        "DTEND;VALUE=DATE:20270101",
        "SUMMARY:A\\; B\\, C\\\\D BEGIN:VALARM  " + "ä" * 100,
        "URL:https://x.example/",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]
