"""A bank's customers ask 5,000 things; then a matter nobody spoke of comes up among them, and somebody decides about it.

The questions are real where the data sets are at hand and made up elsewhere. The static encoder reads them, because
the transformer takes half a minute for so many; the benchmark `themes_new` is about that one. Learning anew is tested
beside, in listen.
"""

from __future__ import annotations

import csv
import os
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from interlock.analytics.text import encoders
from interlock.listen.models import ChangeKind, Signal, Theme, ThemeChange, ThemedSignal
from interlock.listen.themes import editing, learning, looking, noticing, placing
from listen.waiting import NOON, days, said, source

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LEARNT, WITHIN = 5_000, 50
NEW = "cash_withdrawal_charge"


def questions() -> tuple[list[str], list[str]]:
    """What is usually asked, and what is asked about a fee that is new."""
    root = Path(os.environ.get("TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if (root / "banking77" / "train.csv").exists():
        with (root / "banking77" / "train.csv").open(newline="", encoding="utf-8") as file:
            rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
        usual = [text for text, intent in rows if intent != NEW]
        return usual, [text for text, intent in rows if intent == NEW]
    begin = [
        "How do I",
        "Can I",
        "Why can I not",
        "When may I",
        "Please help me to",
        "Where do I",
        "I want to",
    ]
    what = ["activate", "block", "replace", "order", "freeze", "track", "find", "return", "trace", "share"]
    which = [
        "my card",
        "a virtual card",
        "my PIN",
        "the top-up",
        "a transfer",
        "my account",
        "the app",
        "a refund",
    ]
    when = [
        "today",
        "abroad",
        "after a week",
        "from my phone",
        "by post",
        "on Sunday",
        "for my son",
        "in euros",
    ]
    when += ["again", "next month"]
    usual = [" ".join(parts) + "?" for parts in product(begin, what, which, when)]
    fee = product(["Why was I charged", "What is", "Nobody told me of", "Refund"], ["a fee", "two pounds", "an extra charge"],
                  ["for taking out cash", "at the cash machine", "when I withdrew cash", "on my withdrawal", "by the ATM"])  # fmt: skip
    return usual, [" ".join(parts) for parts in fee]


@pytest.fixture
def bank(db, monkeypatch):
    """Learns 5,000 questions; returns those not asked yet, the usual ones and the new ones."""
    monkeypatch.setattr(learning, "choose_encoder", lambda texts, seed, said: encoders.static())
    noticing.forget()
    rng = np.random.default_rng(11)
    usual, new = questions()
    usual, new = ([some[place] for place in rng.permutation(len(some))] for some in (usual, new))
    shop = source()
    Signal.objects.bulk_create(
        Signal(key=f"q{number}", kind="ticket", source=shop, body=text, copy_hash=number,
               account_key=f"c{number}", occurred_at=NOON - days(30 * number / LEARNT))
        for number, text in enumerate(usual[:LEARNT])
    )  # fmt: skip
    learning.learn(now=NOON)
    yield usual[LEARNT:], new
    noticing.forget()


def asked(usual: list[str], new: list[str], begin: int) -> list[Signal]:
    """Ask a new question after every four usual ones, place them as they come, and return the new ones."""
    shop, signals = source(), []
    for number, text in enumerate(new):
        some = [*usual[4 * (begin + number) : 4 * (begin + number + 1)], text]
        for place, words in enumerate(some):
            one = said(words, by=f"n{begin + number}-{place}", at=NOON + days(1), source=shop)
        signals.append(one)
        if number % 5 == 4:
            placing.place_signals.func()
    return signals


def test_a_new_complaint_is_a_theme_within_fifty_texts_and_none_once_somebody_says_so(bank, person):
    usual, new = bank
    before = set(Theme.objects.values_list("pk", flat=True))
    signals = asked(usual, new[:WITHIN], 0)

    about = ThemedSignal.objects.filter(pk__in=[one.pk for one in signals])
    born = Theme.objects.get(pk=max(
        Theme.objects.exclude(pk__in=before), key=lambda theme: about.filter(cluster__theme=theme).count()
    ).pk)  # fmt: skip
    held = ThemedSignal.objects.filter(cluster__theme=born)
    assert about.filter(cluster__theme=born).count() > 0.4 * WITHIN
    assert about.filter(cluster__theme=born).count() > held.count() / 2
    change = ThemeChange.objects.get(theme=born)
    assert change.kind == ChangeKind.NOTICED
    lead = person("lead", "finance")
    listed = looking.tab_of(looking.figures_visible_to(lead), "now")
    assert born.pk in listed.values_list("theme", flat=True)
    assert any(
        word in " ".join([born.name, *born.words]).casefold()
        for word in ("cash", "fee", "charge", "withdraw")
    )

    editing.take_back(change=change, by=lead, now=NOON + days(2))
    standing = set(Theme.objects.filter(ended_at=None).values_list("pk", flat=True))
    asked(usual, new[WITHIN:], WITHIN)
    born.refresh_from_db()
    assert (born.ended_at is not None, born.became) == (True, change.other)
    assert not ThemedSignal.objects.filter(cluster__theme=born).exists()
    later = Theme.objects.filter(ended_at=None).exclude(pk__in=standing)
    mostly_new = [one for one in later if about.filter(cluster__theme=one).count() > 0.4 * WITHIN]
    assert mostly_new == []
