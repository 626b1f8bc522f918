"""What is left of a text when it is compared with others: its words, without what differs from copy to copy.

Links, mail addresses, mentions, order numbers, quoted lines of a mail, case, accents' spelling and punctuation are taken
out; emoji stay, because "👎" and "👍" say different things.
"""

from __future__ import annotations

import re
import unicodedata

# Nobody says more than this in one signal; what follows is an attachment, a log or an attack.
LONGEST = 20_000
# Links, mail addresses and mentions. A word with an at sign is looked at once from its beginning: linear for any text.
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)[^\s@]*@\S*")
_QUOTED = re.compile(r"^\s*>.*$", re.M)
_NUMBER = re.compile(r"\d[\d.,:/\-]*")
_BETWEEN = re.compile(r"[\W_]+")
_EMOJI = re.compile("([\u2190-\u2bff\U0001f000-\U0001faff])")


def readable(text: str) -> str:
    """Return the beginning of a text with what is no sign of any script taken out: control signs, lone surrogates."""
    start = text[:LONGEST]
    if start.isprintable():
        return start
    return "".join(sign if sign.isprintable() else " " for sign in start)


def compared(text: str) -> str:
    """Return the words of a text, one space between, as near-duplicates are compared. Empty when it has none."""
    start = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    start = _NUMBER.sub(" 0 ", _ADDRESS.sub(" ", _QUOTED.sub(" ", start)))
    words = _BETWEEN.sub(" ", start).strip()
    if words.isascii() and start.isascii():
        return words
    faces = " ".join(_EMOJI.findall(start))
    return f"{words} {faces}".strip()
