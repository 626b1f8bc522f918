"""Among whom a theme is heard more than elsewhere: tested, with an interval, and led to its rows."""

from __future__ import annotations

import re

import numpy as np
import pytest
from django.urls import reverse

from interlock.listen.models import Intent, SegmentVoices, Signal, Understood
from interlock.listen.themes import counting, segments
from interlock.listen.themes.segments import Segment, standing_out
from interlock.web.figures import moment
from listen.themed import direction, joined, theme, weeks
from listen.waiting import NOON, source

FEE, BELL = direction(1), direction(0, 1)


@pytest.fixture
def fee(db):
    """Of 30 voices about the fee 20 come by phone, of 90 about the bell 10; both regions speak of both alike."""
    fee, bell, shop = theme("The new fee", FEE), theme("The bell", BELL), source()
    for number in range(120):
        about_fee = number < 30
        by_phone = number < 20 or 30 <= number < 40
        one = joined(
            fee if about_fee else bell, FEE if about_fee else BELL, f"words {number}", by=f"a{number}", source=shop,
            channel="phone" if by_phone else "mail", region="North" if number % 2 else "South",
        )  # fmt: skip
        wants = dict.fromkeys(Intent.values, False)
        Understood.objects.create(signal=one, language="en", copy_hash=0, sentiment="neutral", **wants)
    counting.count(now=NOON)
    segments.count_segments(now=NOON)
    return fee


def told(theme) -> list[tuple]:
    return [(one.column, one.value, one.x, one.n, one.usual) for one in segments.heard_more_among(theme)]


def test_a_segment_that_speaks_of_it_more_than_of_others_stands_out_alone(fee):
    assert told(fee) == [("channel", "phone", 20, 30, 30 / 120)]
    (one,) = segments.heard_more_among(fee)
    assert one.low < 2 / 3 < one.high


def test_what_the_same_voices_say_is_one_line_and_not_one_for_each_column(db):
    fee, bell, shop = theme("The new fee", FEE), theme("The bell", BELL), source()
    for number in range(120):
        by_mail = {"channel": "mail", "kind": "survey", "region": "North" if number % 2 else "South"}
        about = (fee, FEE, by_mail) if number < 30 else (bell, BELL, {"channel": "app", "region": "South"})
        joined(*about[:2], f"words {number}", by=f"a{number}", source=shop, **about[2])
    segments.count_segments(now=NOON)

    mail, north = segments.heard_more_among(fee)

    assert (mail.column, mail.value, mail.x, mail.also) == ("channel", "mail", 30, (("kind", "survey"),))
    assert (north.column, north.value, north.x, north.also) == ("region", "North", 15, ())


def test_one_customer_who_calls_fifty_times_is_one_voice(db):
    fee, bell, shop = theme("Fee", FEE), theme("Bell", BELL), source()
    for number in range(60):
        joined(fee, FEE, "the fee", by="a1", source=shop, channel="phone")
        joined(fee, FEE, f"fee {number}", by=f"b{number}", source=shop, channel="mail")
        joined(bell, BELL, f"bell {number}", by=f"c{number}", source=shop, channel="mail")
    segments.count_segments(now=NOON)

    assert told(fee) == []


def test_what_was_said_before_the_newest_quarter_counts_neither_here_nor_there(fee):
    joined(fee, FEE, "newest", by="n", at=NOON + weeks(14), source=source())
    segments.count_segments(now=NOON + weeks(14))

    assert (told(fee), SegmentVoices.objects.filter(column="channel").count()) == ([], 0)


def test_before_everybody_was_counted_nothing_is_said(fee):
    SegmentVoices.objects.all().delete()

    assert told(fee) == []


def test_counting_twice_changes_nothing(fee):
    before = list(SegmentVoices.objects.order_by("column", "value").values_list("column", "value", "voices"))

    segments.count_segments(now=NOON)

    assert before == list(
        SegmentVoices.objects.order_by("column", "value").values_list("column", "value", "voices")
    )
    assert ("channel", "", 120) in before


def test_languages_are_compared_once_nearly_all_texts_were_read(fee):
    languages = SegmentVoices.objects.filter(column="language")
    seen = [languages.count()]
    for share in (0.94, 0.96):
        Understood.objects.all().delete()
        signals = list(Signal.objects.order_by("pk"))
        wants = dict.fromkeys(Intent.values, False)
        for one in signals[: round(share * len(signals))]:
            Understood.objects.create(signal=one, language="en", copy_hash=0, sentiment="neutral", **wants)
        segments.count_segments(now=NOON)
        seen.append(languages.count())

    assert seen == [2, 0, 2]


def test_the_page_states_both_shares_and_leads_to_the_rows(signed_in, fee):
    client = signed_in("observer")

    page = client.get(reverse("web:one_theme", args=[fee.key])).text

    assert "Heard more among" in page
    assert f"Everybody as counted at {moment(NOON)}, this theme as of now." in page
    assert re.search(r'href="[^"]*channel=phone[^"]*from_at=[^"]*">20</a>', page)
    rows = client.get(f"/signals/?theme={fee.key}&channel=phone&language=en").context["page"].signals
    assert len(rows) == 20


def test_the_page_asks_a_fixed_number_of_questions(fee, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        segments.heard_more_among(fee)


def world(rng: np.random.Generator, times: float) -> list[Segment]:
    """Forty segments of one theme, of equal usual share; in one it is heard so much more."""
    return [
        Segment("region", str(place), int(rng.binomial(150, 0.1 * (times if place == 0 else 1))), 150, 0.1)
        for place in range(40)
    ]


def test_where_nothing_goes_with_a_theme_hardly_a_page_says_that_something_does():
    rng = np.random.default_rng(3)
    noise = [world(rng, 1) for _page in range(400)]

    saying = sum(bool(standing_out(tested)) for tested in noise)
    unchecked = sum(any(one.x > 20 for one in tested) for tested in noise)  # one test alone: p below .10

    assert saying <= 52  # 10 in 100 of 400 pages, and two standard errors
    assert unchecked > 350


def test_a_segment_that_speaks_of_it_two_and_a_half_times_as_much_is_nearly_always_found():
    rng = np.random.default_rng(4)

    found = [{one.value for one in standing_out(world(rng, 2.5))} for _page in range(200)]

    assert sum("0" in page for page in found) >= 190
