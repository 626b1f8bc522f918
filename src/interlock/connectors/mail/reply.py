"""What did the author of this mail write, and what was there before?

Quoted mails, the lines that introduce them, signatures and disclaimers go; answers between quoted lines stay. The text
is read line by line and every pattern is anchored, so the time grows with the length: a library made for this takes
four times as long for twice the text, which one hostile mail would turn into hours (`benchmarks/mail_text.py`).
"""

import re
from itertools import groupby

from .phrases import (
    ABOVE_THIS_LINE,
    ADVERTS,
    CLOSINGS,
    DEVICES,
    DISCLAIMERS,
    INTRODUCTIONS,
    ORIGINALS,
    OTHER_HEADERS,
    SENDER_HEADERS,
    THANKS,
    TIME_HEADERS,
)

# A name, a company, an address, numbers: rarely more lines, never long ones.
LONGEST_SIGNATURE, LONGEST_SIGNATURE_LINE = 12, 90
LONGEST_INTRODUCTION = 400
_HEADER = re.compile(r"^[*\s]{0,4}([^\W\d_][\w \-]{0,14}?)\s?\*{0,2}\s?:")
_TIME_OR_ADDRESS = re.compile(r"\d|@")
# What a program writes and a person does not: "On 3 May I wrote:" goes on with the person's own words.
_CLOCK_OR_ADDRESS = re.compile(r"\d\d?[:.h]\d\d\b|@")
_RULE = re.compile(r"^[_\-=*]{5,}$")
_ENDS = " ,.!;:-–—"


def new_words(text: str, *, answers: bool = False) -> str:
    """The author's own words; the whole text where nothing would be left.

    `answers`: the mail says that it answers another, so that a single quoted line is one.
    """
    return own_words(text, answers=answers) or text.strip()


def own_words(text: str, *, answers: bool = False) -> str:
    """The author's own words; empty where there are none."""
    lines = [line.rstrip() for line in text.split("\n")]
    kept = _without_signature(_without_quotes(lines[: _cut(lines)], answers))
    return _joined(kept)


def _joined(lines: list[str]) -> str:
    """The lines as text, with at most one empty line between two others."""
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip()


def _is_quoted(line: str) -> bool:
    return line.startswith((">", " >", "|>"))


def _cut(lines: list[str]) -> int:
    """The line at which an unquoted original begins; the number of lines where none does."""
    for index, line in enumerate(lines):
        bare = line.strip()
        if not bare or _is_quoted(line):
            continue
        if _is_divider(bare) or _is_header_block(lines, index):
            return _above_rule(lines, index)
        length = _introduction(lines, index)
        following = index + length
        if not length or _quoted_next(lines, following):
            continue
        if _CLOCK_OR_ADDRESS.search(" ".join(lines[index:following])):
            return index
    return len(lines)


def _above_rule(lines: list[str], index: int) -> int:
    """The same place, or that of the rule that a program draws above it."""
    above = index - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.match(lines[above].strip()) else index


def _quoted_next(lines: list[str], index: int) -> bool:
    following = next((line for line in lines[index : index + 5] if line.strip()), "")
    return _is_quoted(following)


def _is_divider(bare: str) -> bool:
    if len(bare) > 120:
        return False
    low = bare.lower()
    if low.startswith("#") and any(phrase in low for phrase in ABOVE_THIS_LINE):
        return True
    return low.startswith("--") and low.strip("- ").rstrip(":") in ORIGINALS


def _is_header_block(lines: list[str], index: int) -> bool:
    """Whether copied header lines begin here: a sender, a time, and one more."""
    if _header_name(lines[index]) not in SENDER_HEADERS:
        return False
    # Some programs wrap long lists of receivers, or put an empty line between each two.
    names = {_header_name(line) for line in lines[index + 1 : index + 10]}
    return bool(names & set(TIME_HEADERS)) and bool(names & set(OTHER_HEADERS))


def _header_name(line: str) -> str:
    found = _HEADER.match(line[:60])
    return found.group(1).strip().lower() if found else ""


def _introduction(lines: list[str], index: int) -> int:
    """How many lines, from this one, say "On Monday Anna wrote:"; 0 if none do."""
    joined = ""
    for length, line in enumerate(lines[index : index + 4], 1):
        bare = line.strip().lower()
        if not bare or _is_quoted(line):
            return 0
        joined = f"{joined} {bare}".strip()
        if len(joined) > LONGEST_INTRODUCTION:
            return 0
        if joined.endswith((":", ": *", ":*")) and _introduces(joined):
            return length
    return 0


def _introduces(joined: str) -> bool:
    if not _TIME_OR_ADDRESS.search(joined):
        return False
    tail = joined[-160:]
    for start, verbs in INTRODUCTIONS:
        if start and joined.startswith(start) and any(verb in tail for verb in verbs):
            return True
        if not start and any(tail.rstrip(": *").endswith(verb) or f"{verb} am " in tail for verb in verbs):
            return "@" in joined or "<" in joined
    # Gmail's short form: 2024-05-03 10:00 GMT+02:00 Anna <a@b.de>:
    return bool(re.match(r"^\d{4}-\d\d-\d\d \d?\d:\d\d", joined)) and "@" in joined


def _without_quotes(lines: list[str], answers: bool) -> list[str]:
    """The lines that are not quoted, without those that introduce a quotation."""
    kept: list[str] = []
    for quoted, run in groupby(lines, key=_is_quoted):
        block = list(run)
        if not quoted:
            kept += block
        else:
            # One line may be a person's own ">"; two in a row are a program's, and so is one after those.
            answers |= _drop_introduction(kept) or len(block) > 1
            if not answers:
                kept += block
    return kept


def _drop_introduction(kept: list[str]) -> bool:
    """Take the introduction of the quotation that follows off the end; say whether there was one."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    for start in range(max(end - 4, 0), end):
        if _introduction(kept, start) == end - start:
            del kept[start:]
            return True
    return False


def _without_signature(lines: list[str]) -> list[str]:
    lines = _until_delimiter(_trimmed(lines))
    lines = _until_disclaimer(lines)
    lines = [line for line in lines if not _is_advert(line)]
    return _until_closing(_trimmed(lines))


def _trimmed(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _until_delimiter(lines: list[str]) -> list[str]:
    """Up to the "-- " of a signature, where little follows it."""
    for index in range(len(lines) - 1, max(len(lines) - 26, -1), -1):
        if lines[index] in ("--", "-- ", "—", "__"):
            return _trimmed(lines[:index])
    return lines


def _is_advert(line: str) -> bool:
    low = line.strip().lower()
    return len(low) < 90 and low.startswith(ADVERTS) and any(device in low for device in DEVICES)


def _until_disclaimer(lines: list[str]) -> list[str]:
    """Up to the paragraph that tells strangers to delete this mail; it is among the last."""
    for index in range(max(len(lines) - 25, 1), len(lines)):
        low = lines[index].strip().lower().lstrip("* ")
        after_gap = not lines[index - 1].strip() or _RULE.match(lines[index - 1].strip())
        if not after_gap or not any(low.startswith(start) for start, _ in DISCLAIMERS):
            continue
        rest = " ".join(lines[index : index + 6]).lower()
        if any(low.startswith(start) and word in rest for start, word in DISCLAIMERS):
            return _trimmed(lines[:index])
    return lines


def _until_closing(lines: list[str]) -> list[str]:
    """Up to "Best regards", where only the few short lines of a signature follow."""
    for index in range(max(len(lines) - LONGEST_SIGNATURE - 1, 0), len(lines)):
        low = lines[index].strip().lower().partition(" / ")[0].strip(_ENDS)
        below = lines[index + 1 :]
        if any(len(line) > LONGEST_SIGNATURE_LINE for line in below):
            continue
        if low in CLOSINGS or _with_name(lines[index]):
            return _trimmed(lines[:index])
        names = [line for line in below if line.strip()]
        if low in THANKS and 0 < len(names) <= 4 and all(len(line) <= 40 for line in names):
            return lines[: index + 1]
    return lines


def _with_name(line: str) -> bool:
    """Whether this is "Kind regards, Anna Meier" on one line."""
    closing, comma, name = line.strip().partition(",")
    words = name.split()
    return (
        bool(comma)
        and closing.lower().strip(_ENDS) in CLOSINGS
        and 0 < len(words) <= 3
        and all(word[:1].isupper() for word in words)
    )
