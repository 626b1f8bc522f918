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


CHART = {
    "title": "Late in September", "note": "of 100 promised", "course": "It rises.", "unit": "late per 100",
    "usual": 12.0, "usual_label": "usual", "harm": True, "events": [{"at": 60, "text": "two shifts"}],
    "others": [{"name": "East", "values": [-0.0, *range(61)], "dashed": True}],
    "points": [
        {"name": f"Week {number}", "short": str(number), "value": 24.0, "low": -0.0, "high": 33.1234567891, "n": 88, "rows": "/rows/"}
        for number in range(62)
    ],
}  # fmt: skip
GROUPS = [
    {"label": "Shops East", "rate": 0.13, "low": 0.09, "high": 0.19, "n": 174, "subject": False},
    {"label": "Shops North", "rate": 0.34, "low": 0.28, "high": 0.41, "n": 208, "subject": True},
]
OUTCOME = {
    "title": "What moves it", "label": "a late order", "widest": 3.0,
    "drivers": [{
        "label": "Changed after the promise", "ratio_said": "2.1 (1.6 to 2.8)", "ratio_once": "2.1", "ratio_end": 3,
        "risk_ratio": 2.1, "risk_ratio_low": 1.6, "risk_ratio_high": 2.8, "harms": True,
        "rate_with": 0.3, "n_with": 90, "rate_without": 0.14, "n_without": 800,
    }],
}  # fmt: skip


@pytest.fixture
def attached(mixed, client, rf):
    """Attach what a tag of a page signs, through the form: `attached("{% attach_chart one %}", CHART)`."""
    from django.template import Context, Template

    request = rf.get("/themes/late/")
    request.user = mixed.staff.user

    def attach(tag, one):
        form = Template(f"{{% load attaching %}}{tag}").render(Context({"request": request, "one": one}))
        client.force_login(mixed.staff.user)
        token = re.search(r'name="shown" value="([^"]+)"', form)[1]
        client.post("/exhibits/", {"shown": token, "talk": mixed.talk.pk})
        return mixed.talk.exhibits.last()

    return attach


def test_a_chart_is_drawn_again_from_what_was_kept_by_what_drew_it(mixed, attached, client):
    import json

    from interlock.converse.talks import exhibiting

    kept = attached("{% attach_chart one %}", CHART)
    page = client.get(mixed.url).text
    drawn = json.loads(re.search(rf'id="exhibit-chart-{kept.pk}-spec">(.*?)</script>', page)[1])

    assert exhibiting.is_as_it_was(kept)
    assert (kept.left_out, len(drawn["points"]), len(kept.rows)) == (2, 60, 60)
    assert drawn["points"][-1] == {
        "short": "61", "value": 24.0, "low": 0.0, "high": 33.123457, "label": "24", "rows": "",
        "reading": "Week 61: 24 late per 100 (0 to 33), n 88",
    }  # fmt: skip
    assert (drawn["events"], drawn["others"][0]["values"][:2]) == ([{"at": 58, "text": "two shifts"}], [1, 2])
    assert ["charts.js" in page, "/rows/" in page, "33" in page] == [True, False, True]


def test_a_forest_and_what_moves_an_outcome_are_drawn_with_their_table(mixed, attached, client):
    from interlock.converse.talks import exhibiting

    tag = '{% attach_groups one "North is worst" "in 100" 0.12 %}'
    forest, ratios = attached(tag, GROUPS), attached("{% attach_drivers one %}", OUTCOME)
    page = client.get(mixed.url).text

    assert [exhibiting.is_as_it_was(one) for one in (forest, ratios)] == [True, True]
    assert [page.count('class="forest'), page.count("The same as a table")] == [2, 2]
    assert re.findall(r'<tr class="subject"><th scope="row" *><span>([^<]+)', page) == [
        "Shops North", "Changed after the promise",
    ]  # fmt: skip
    assert "what one would expect, 12.0 in 100" in page


def test_a_figure_that_was_changed_in_a_chart_is_said_and_not_drawn(mixed, attached, client):
    from interlock.converse.models import Exhibit

    kept = attached("{% attach_chart one %}", CHART)
    Exhibit.objects.update(drawing={"kind": "course", "points": "none"})
    page = client.get(mixed.url).text

    assert ["its fingerprint differs" in page, f"exhibit-chart-{kept.pk}" in page] == [True, False]
    assert "60 rows, as they stood" in page


def test_what_was_kept_before_charts_were_kept_as_charts_has_its_fingerprint_still(shown):
    import hashlib
    import json
    from dataclasses import asdict

    from interlock.converse.talks import exhibiting

    before = asdict(shown())
    del before["drawing"]

    assert (
        exhibiting.fingerprint_of(shown())
        == hashlib.sha256(json.dumps(before, sort_keys=True).encode()).hexdigest()
    )


def test_what_is_attached_stands_beside_an_option_for_staff_until_taken_away(
    mixed, attached, shown, client, person
):
    from interlock.converse import services
    from interlock.converse.models import Ground
    from interlock.converse.talks import exhibiting

    chart = attached("{% attach_chart one %}", {**CHART, "title": f"Late, {STAFF_CANARY}"})
    other = services.open_conversation(
        context=mixed.talk.context, title="Other", purpose="p", question="q", by=mixed.staff, now=NOW,
        people=[(mixed.staff, "service")],
    )  # fmt: skip
    elsewhere = exhibiting.attach(conversation=other, shown=shown(), by=mixed.staff, now=NOW)
    option = services.ask_choice(
        conversation=mixed.talk, by=mixed.staff, question="Which?", options=["A", "B"], audience="customer", now=NOW
    ).options.first()  # fmt: skip
    refused = client.post(f"/options/{option.pk}/evidence/", {"exhibit": elsewhere.pk})
    with pytest.raises(WrongState, match="not attached to this conversation"):
        services.add_ground(option=option, by=mixed.staff, exhibit=elsewhere, now=NOW)
    client.post(f"/options/{option.pk}/evidence/", {"exhibit": chart.pk, "note": "It rose."})
    ground = Ground.objects.get()
    page = client.get(mixed.url).text
    client.force_login(mixed.customer.user)
    as_guest = client.get(mixed.url).text
    client.force_login(mixed.staff.user)
    client.post(f"/grounds/{ground.pk}/remove/")

    assert (refused.status_code, ground.exhibit) == (302, chart)
    assert [f"ground-chart-{ground.pk}-spec" in text for text in (page, as_guest)] == [True, False]
    assert ["It rose." in text or STAFF_CANARY in text for text in (page, as_guest)] == [True, False]
    assert [Ground.objects.count(), mixed.talk.exhibits.count()] == [0, 1]
