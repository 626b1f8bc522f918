"""Credentials are sealed with the installation's key, and a changed key says what to do."""

from __future__ import annotations

import pytest

from interlock.fabric.secrets import SealBroken, opened, sealed

CANARY = "pat-na1-canary"


def test_what_was_sealed_opens_again_and_looks_different_each_time():
    one, other = sealed(CANARY), sealed(CANARY)

    assert (opened(one), opened(other)) == (CANARY, CANARY)
    assert one != other
    assert CANARY not in one + other


def test_another_key_says_that_the_credentials_must_be_entered_again(settings):
    kept = sealed(CANARY)
    settings.SECRET_KEY = "another key of this installation, long enough"

    with pytest.raises(SealBroken, match="Enter them again") as told:
        opened(kept)

    assert CANARY not in repr(told.value)


def test_one_changed_letter_is_found(settings):
    kept = sealed(CANARY)

    with pytest.raises(SealBroken):
        opened(kept[:-10] + ("A" if kept[-10] != "A" else "B") + kept[-9:])
