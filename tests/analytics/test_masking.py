"""Personal data in texts: what is found, what must stay readable, and how well on a labelled sample."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.analytics.masking import KINDS, masked, personal_parts
from interlock.analytics.masking.spans import luhn

WORDS = {kind: f"[{kind}]" for kind in KINDS}
ROOT = Path(__file__).parents[2]


def benchmark():
    spec = importlib.util.spec_from_file_location("masking_benchmark", ROOT / "benchmarks" / "masking.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_kind_is_masked_and_the_rest_stays_as_it_was():
    text = (
        "Hi Anna, order WO-10442 is late. Mail me at j.doe@example.org or call +44 7700 900123; card"
        " 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, SSN 078-05-1120."
    )

    assert masked(text, WORDS) == (
        "Hi [name], order WO-10442 is late. Mail me at [mail] or call [phone]; card [card],"
        " IBAN [iban], SSN [identity]."
    )


@pytest.mark.parametrize(
    "text",
    [
        "The EAN 4006381333931 and parcel 00340434161094015902, order 4711-20031.",
        "Invoice 4111 1111 1111 1112 and reference GB29 NWBK 6016 1331 9268 18 do not exist.",
        "Dear team, hi there, hello all, thanks a lot, Sehr geehrte Damen und Herren",
        "From 2026-03-14 10:22:31 to 15.03.2026 the price was 1,299.00 EUR, IP 192.168.100.200.",
        "",
    ],
)
def test_numbers_and_greetings_that_name_nobody_stay_readable(text):
    assert personal_parts(text) == ()


@pytest.mark.parametrize("sample", ["development", "held_out"])
def test_precision_and_recall_hold_on_the_labelled_sample_and_the_naive_peer_fails(sample):
    bench = benchmark()
    lines = (bench.SAMPLES / f"{sample}.txt").read_text("utf-8").splitlines()

    ours = [sum(column) for column in zip(*bench.score(lines, personal_parts, False).values(), strict=True)]
    naive = [sum(column) for column in zip(*bench.score(lines, bench.naive, False).values(), strict=True)]

    assert ours[0] / ours[1] >= 0.8  # recall
    assert ours[0] / (ours[0] + ours[2]) >= 0.8  # precision
    assert naive[0] / naive[1] < 0.8


@given(st.text(max_size=300))
def test_any_text_is_taken_apart_without_overlap_and_within_its_ends(text):
    parts = personal_parts(text)

    ends = [0]
    for part in parts:
        assert ends[-1] <= part.start < part.end <= len(text)
        ends.append(part.end)


@given(st.text("0123456789", min_size=1, max_size=30))
def test_luhn_agrees_with_doubling_by_hand(digits):
    by_hand = 0
    for place, sign in enumerate(digits[::-1]):
        by_hand += sum(int(one) for one in str(int(sign) * 2)) if place % 2 else int(sign)

    assert luhn(digits) == (by_hand % 10 == 0)
