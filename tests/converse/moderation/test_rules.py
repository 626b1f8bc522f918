"""Which rule a text meets, and for whom it holds."""

from __future__ import annotations

import pytest

from interlock.converse.moderation.rules import Level, Rules, hosts_in, is_empty_praise, is_refused, met

RULES = Rules(
    least_letters=6,
    most_links=1,
    allowed_hosts=frozenset({"aldermoor.com"}),
    held_hosts=frozenset({"bit.ly"}),
    refused_hosts=frozenset({"casino.example", "evil.com"}),
    held_words=["lawyer"],
    promotion=["buy now", "promo code"],
    hold_praise=True,
)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("See https://Example.com/a?b#c.", ["example.com"]),
        ("[here](https://one.org) and http://two.org:8080/x", ["one.org", "two.org"]),
        ("www.shop.de/rings", ["www.shop.de"]),
        ("cheap at rings.shop today", ["rings.shop"]),
        ("https://good.com@evil.com/x", ["evil.com"]),
        ("//evil.com/x", ["evil.com"]),
        ("https://evil.com./", ["evil.com"]),
        ("https://[broken", ["?"]),
        ("It broke.Mine too, e.g. in rain, 3.5 km, me@example.com", []),
    ],
)
def test_links_are_found_however_they_are_written(text, hosts):
    assert hosts_in(text) == hosts


@pytest.mark.parametrize(
    ("words", "is_empty"),
    [
        ("Great post, thanks!", True),
        ("Super gut, danke", True),
        ("WOW. Amazing work!!!", True),
        ("Great brakes, thanks!", False),
        ("Thanks, the display is bright now", False),
        ("", False),
        ("12345", False),
    ],
)
def test_praise_that_names_nothing_is_known(words, is_empty):
    assert is_empty_praise(words) == is_empty


@pytest.mark.parametrize(
    ("words", "level", "found"),
    [
        ("It goes dark in the rain.", Level.NEW, []),
        ("Yes.", Level.NEW, [{"rule": "short", "n": 3, "least": 6}]),
        ("Yes.", Level.KNOWN, []),
        ("Great post!", Level.NEW, [{"rule": "praise"}]),
        ("Great post!", Level.KNOWN, []),
        ("See https://a.org for the manual", Level.NEW, []),
        ("https://a.org and https://b.org, manuals", Level.NEW, [{"rule": "links", "n": 2, "most": 1}]),
        ("https://a.org and https://b.org, manuals", Level.KNOWN, []),
        ("https://a.org https://b.org https://c.org", Level.KNOWN, [{"rule": "links", "n": 3, "most": 2}]),
        ("https://a.org https://b.org https://c.org", Level.TRUSTED, []),
        ("https://a.org and https://help.aldermoor.com/x", Level.NEW, []),
        ("Just Buy, NOW: rings for all", Level.KNOWN, [{"rule": "promotion", "what": "buy now"}]),
        ("Just Buy, NOW: rings for all", Level.TRUSTED, []),
        ("I bought it nowhere near you", Level.NEW, []),
        ("My lawyer reads this", Level.TRUSTED, [{"rule": "word", "what": "lawyer"}]),
        ("Look at https://bit.ly/x please", Level.TRUSTED, [{"rule": "held_host", "what": "bit.ly"}]),
    ],
)
def test_who_is_known_is_held_by_fewer_rules(words, level, found):
    assert met(RULES, "Display", words, level) == found


def test_a_refused_host_and_all_beneath_it_need_nobody_to_look():
    found = met(RULES, "Win", "Come to https://www.casino.example/now at once", Level.TRUSTED)

    assert (found, is_refused(found)) == ([{"rule": "refused_host", "what": "www.casino.example"}], True)
    assert not met(RULES, "Win", "We met at https://notcasino.example/now at once", Level.TRUSTED)


def test_the_title_is_read_like_the_words():
    assert met(RULES, "Promo code inside", "It goes dark in the rain.", Level.NEW) == [
        {"rule": "promotion", "what": "promo code"}
    ]
