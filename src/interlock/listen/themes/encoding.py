"""What is compared of a signal, who said it, and the encoder in force."""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from interlock.analytics.text import encoders, own_encoder
from interlock.analytics.text.cleaning import compared, readable
from interlock.analytics.text.encoders import Encoder
from interlock.analytics.text.student import student_from_bytes
from interlock.listen.clocks import customer_of
from interlock.listen.models import Signal, ThemesLearnt
from interlock.listen.themes.letdown import was_let_down

# What lists and counts need of a signal to place it.
COLUMNS = (
    "pk", "key", "kind", "occurred_at", "title", "body", "reason", "product_label", "account_key", "contact_key",
    "rating_share", "copy_hash",
)  # fmt: skip


class Said(NamedTuple):
    """One signal as it is placed: its words, and hashes of who spoke and of who said what."""

    text: str
    customer: int | None
    voice: int
    let_down: bool | None


def said(signal: Signal) -> Said:
    """What one signal says. A return or a lost deal without words speaks through its reason and its product."""
    text = text_of(signal)
    who = customer_of(signal)
    customer = _hash(who) if who else None
    # A reason that was chosen is nobody's own words: who only chose it does not say the same as anybody else.
    what = compared(_own_words(signal)) or signal.key
    return Said(text, customer, voice_of(what, who), was_let_down(signal))


def text_of(signal: Signal) -> str:
    """The words to compare; empty when there are none, not even a reason."""
    words = _own_words(signal)
    if not compared(words) and signal.reason:
        words = " ".join(part for part in (signal.reason, signal.product_label) if part)
    return readable(words)


def _own_words(signal: Signal) -> str:
    return " ".join(part for part in (signal.title, signal.body) if part).strip()


def account_mark(key: str) -> int:
    """The hash of a customer who is known by their account, as `said` gives it."""
    return _hash(f"account:{key}")


def voice_of(what: str, who: str) -> int:
    """One number for what somebody said: the same words of the same customer are one voice."""
    return _hash(f"{who}\0{what}")


def encoder_mark(version: str) -> int:
    """The number that stands for an encoder beside each vector."""
    return _hash(version)


def encoder_called(version: str) -> Encoder:
    """The encoder of this version: one that comes with the product, or the student that was learnt here.

    Raises:
        LookupError: this installation has none of this version any more; themes must be learnt anew.
    """
    if version.startswith(own_encoder.PREFIX):
        own = encoder_of_own()
        if own is None or own.version != version:
            raise LookupError(f"no encoder {version}")
        return own
    # Compared before it is loaded: who places by a student never needs MiniLM's 90 MB.
    if version == encoders.Static.version:
        return encoders.static()
    return encoders.minilm() if version == encoders.MiniLM.version else _student(version)


def encoder_of_own() -> Encoder | None:
    """The encoder that whoever runs this machine put into a folder; None where there is none.

    Raises:
        WeightsError: the folder holds none that can be used.
    """
    return _own(settings.ENCODER) if settings.ENCODER else None


@cache
def _own(folder: Path) -> Encoder:
    return own_encoder.own_encoder(folder)


def encoder_changed(version: str) -> bool:
    """Whether vectors of this version are of another encoder than the settings want."""
    own = encoder_of_own()
    return own.version != version if own else version.startswith(own_encoder.PREFIX)


@lru_cache(maxsize=2)
def _student(version: str) -> Encoder:
    learnt = ThemesLearnt.objects.filter(encoder=version, student__isnull=False).order_by("-pk").first()
    if learnt is None:
        raise LookupError(f"no encoder {version}")
    return student_from_bytes(bytes(learnt.student), encoders.static())


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest(), signed=True)
