"""What a page shows is kept in a talk as it was seen: signed by the page, never changed, for staff."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import signing

from converse.conftest import NOW, STAFF_CANARY
from interlock.converse.errors import NotYours, TooMany, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown():
    """What a page shows: `shown(rows=[...])`."""
    from interlock.converse.talks import exhibiting

    def made(**more):
        given = {
            "title": f"Late dates, {STAFF_CANARY}",
            "note": "of 100 promised",
            "columns": ["When", "late per 100", "95 in 100", "n"],
            "rows": [["September 2026", "24", "17 to 33", "88"]],
            "address": "/themes/late-dates/",
            "now": NOW,
        }
        return exhibiting.seen(**given | more)

    return made


def test_what_is_kept_is_what_was_seen_with_its_moment_and_the_way_to_the_living_page(mixed, shown, client):
    from interlock.converse.talks import exhibiting
    from interlock.fabric import journal

    kept = exhibiting.attach(
        conversation=mixed.talk, shown=shown(), by=mixed.staff, now=NOW + timedelta(days=2)
    )
    kept.refresh_from_db()
    client.force_login(mixed.staff.user)
    page = client.get(mixed.url).text

    assert (kept.rows, kept.seen_at, kept.address) == (
        [["September 2026", "24", "17 to 33", "88"]], NOW, "/themes/late-dates/",
    )  # fmt: skip
    assert exhibiting.is_as_it_was(kept)
    assert journal.entries_about(mixed.talk)[0].detail["sha256"] == kept.sha256
    assert ["17 to 33" in page, 'href="/themes/late-dates/"' in page] == [True, True]


def test_it_is_attached_once_and_a_changed_row_is_said(mixed, shown, client):
    from interlock.converse.models import Exhibit
    from interlock.converse.talks import exhibiting

    one, again = (
        exhibiting.attach(conversation=mixed.talk, shown=shown(), by=mixed.staff, now=NOW) for _n in range(2)
    )
    client.force_login(mixed.staff.user)
    before = client.get(mixed.url).text
    Exhibit.objects.update(rows=[["September 2026", "12", "", ""]])
    after = client.get(mixed.url).text

    assert one == again
    assert ["its fingerprint differs" in page for page in (before, after)] == [False, True]


def test_its_size_is_bounded_and_it_says_what_is_left_out(mixed, shown):
    from interlock.converse.talks import exhibiting

    rows = [[str(row)] + ["x" * 500] * 20 for row in range(100)]
    wide, course = (shown(rows=rows, columns=["c"] * 20, newest_last=last) for last in (False, True))

    assert (len(wide.rows), len(wide.rows[0]), len(wide.columns), wide.left_out) == (60, 8, 8, 40)
    # Of a table sorted worst first the worst are kept, of a course the latest.
    assert [(one.rows[0][0], one.rows[-1][0]) for one in (wide, course)] == [("0", "59"), ("40", "99")]
    assert max(len(cell) for row in wide.rows for cell in row) == 120
    for number in range(exhibiting.MOST_EXHIBITS):
        exhibiting.attach(conversation=mixed.talk, shown=shown(title=str(number)), by=mixed.staff, now=NOW)
    with pytest.raises(TooMany):
        exhibiting.attach(conversation=mixed.talk, shown=shown(), by=mixed.staff, now=NOW)


def test_only_staff_of_an_open_talk_attach(mixed, shown):
    from interlock.converse import services
    from interlock.converse.talks import exhibiting

    for who in (mixed.partner, mixed.customer, mixed.observer):
        with pytest.raises(NotYours):
            exhibiting.attach(conversation=mixed.talk, shown=shown(), by=who, now=NOW)
    services.park_conversation(conversation=mixed.talk, by=mixed.staff, reason="later", now=NOW)
    with pytest.raises(WrongState):
        exhibiting.attach(conversation=mixed.talk, shown=shown(), by=mixed.staff, now=NOW)


def test_only_a_page_of_ours_says_what_was_seen_and_to_its_own_reader(mixed, shown, client):
    from interlock.converse.talks import exhibiting

    token = exhibiting.token_of(shown(), mixed.staff)
    with pytest.raises(signing.BadSignature):
        exhibiting.seen_in(token, mixed.maker)
    client.force_login(mixed.maker.user)

    statuses = [client.post("/exhibits/", {"shown": one}).status_code for one in (token, "forged", "")]
    assert statuses == [404, 404, 404]


def test_from_a_page_with_a_chart_into_a_talk_and_no_guest_sees_it(mixed, client, rf):
    from django.template import Context, Template

    chart = {
        "title": f"Late, {STAFF_CANARY}", "note": "", "unit": "late per 100",
        "points": [{"name": "September 2026", "value": 24.0, "low": 17.0, "high": 33.0, "n": 88}],
    }  # fmt: skip
    request = rf.get("/themes/late/?x=1")
    request.user = mixed.staff.user
    button = Template("{% load attaching %}{% attach_chart chart %}")
    form = button.render(Context({"request": request, "chart": chart}))
    request.user = mixed.observer.user
    for_observer = button.render(Context({"request": request, "chart": chart})).strip()
    token = re.search(r'name="shown" value="([^"]+)"', form)[1]
    client.force_login(mixed.staff.user)
    asked = client.post("/exhibits/", {"shown": token}).text
    answer = client.post("/exhibits/", {"shown": token, "talk": mixed.talk.pk})
    kept = mixed.talk.exhibits.get()
    client.force_login(mixed.customer.user)

    assert (for_observer, mixed.talk.title in asked, "17 to 33" in asked) == ("", True, True)
    assert answer.url == f"{mixed.url}#exhibit-{kept.pk}"
    assert (kept.columns, kept.rows) == (
        ["When", "late per 100", "95 in 100", "n"], [["September 2026", "24", "17 to 33", "88"]],
    )  # fmt: skip
    assert (kept.address, STAFF_CANARY in client.get(mixed.url).text) == ("/themes/late/?x=1", False)
