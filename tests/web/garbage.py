"""Forms as pages show them, and what nobody should ever send with one of them.

The forms are read from the pages themselves, so that a new one is tried without anybody thinking of it, and each field
gets its garbage beside good values of all others, behind the first thing that is checked.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

DATES = [
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2026-02-30",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
    "-1-1-1",
]
NUMBERS = ["-1", "0", "1.5", "1e400", "nan", "²", "٣", str(2**31), str(2**63), "9" * 5000]
OTHER_KEYS = [
    "999999",
    "none",
    "a|b",
    "a,b,c",
    "a:b",
    "~",
    "../../etc/passwd",
    "00000000-0000-4000-8000-000000000000",
]
SIGNS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\r\n",
    "\x0b\x1c",
    "\u202e\u2066",
    "😀" * 300,
    "a" * 100_000,
    "<b>",
    "{{ x }}",
    "%",
]
SHAPES = [
    "null",
    "[]",
    "{}",
    '[{"a": 1}]',
    "//evil.example",
    "http://[",
    "javascript:alert(1)",
    f"a@{'b' * 300}.example",
]
GARBAGE = [*DATES, *NUMBERS, *OTHER_KEYS, *SIGNS, *SHAPES]
GOOD = {"date": "2026-12-01", "email": "a@example.com", "number": "3", "url": "https://example.com/x"}
WORDS = "Some words that are long enough to be taken for a reason."
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
# Bodies that are no form at all, with what they say they are.
BODIES = [
    (b"\xff\xfe{", JSON), (b"[]", JSON), (b'{"a":', JSON), (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
    (b"a=1", "multipart/form-data"), (b"\xff=\xfe&a=%", FORM), (b"x", "text/plain; charset=nonsense"),
    (b"a=1", f"{FORM}; charset=utf-16"), (b"a=%ED%A0%80&b=%FF%00", FORM),
]  # fmt: skip


@dataclass
class Field:
    name: str
    kind: str
    value: str

    @property
    def good(self) -> str:
        """What the page would send, with something in what it leaves empty."""
        if self.value or self.kind in {"hidden", "search", "select", "button"}:
            return self.value
        return "on" if self.kind in {"checkbox", "radio"} else GOOD.get(self.kind, WORDS)

    def garbage(self, dice: random.Random, most: int) -> list[str]:
        """What is wrong for a field like this one, and some of all else."""
        fitting = (
            DATES if self.kind in {"date", "datetime-local"} else NUMBERS if self.good.isdecimal() else []
        )
        return [*fitting, *dice.sample(GARBAGE, most)][: max(most, len(fitting))]


@dataclass
class Form:
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    @property
    def good(self) -> dict[str, str]:
        """The first value of each name, as somebody would send it who fills everything in."""
        filled: dict[str, str] = {}
        for one in self.fields:
            if one.kind != "file":
                filled.setdefault(one.name, one.good)
        return filled

    def tries(self, dice: random.Random, most: int) -> Iterator[dict[str, object]]:
        """The form as it should be by each of its buttons, empty, and with each field wrong in several ways."""
        good = self.good
        yield good
        yield {}
        for one in self.fields:
            if one.kind in {"button", "radio"}:
                yield good | {one.name: one.value}
        for one in {each.name: each for each in self.fields if each.name in good}.values():
            yield {name: value for name, value in good.items() if name != one.name}
            yield good | {one.name: [good[one.name]] * 2}
            for wrong in one.garbage(dice, most):
                yield good | {one.name: wrong}


class Page(HTMLParser):
    """The forms and the links of one page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._named: dict[str, Form] = {}
        self._elsewhere: list[tuple[str, Field]] = []
        self._form: Form | None = None
        self._last: Field | None = None
        self.feed(html)
        for name, one in self._elsewhere:
            if name in self._named:
                self._named[name].fields.append(one)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form" and at.get("method") != "dialog":
            self._form = Form(at.get("action", ""), at.get("method", "get").upper())
            self.forms.append(self._form)
            self._named[at.get("id", "")] = self._form
        elif tag == "a" and at.get("href"):
            self.links.append(at["href"])
        elif tag == "option" and self._last and ("selected" in at or not self._last.value):
            self._last.value = at.get("value", "")
        elif tag in {"input", "button", "select", "textarea"} and at.get("name"):
            self._last = Field(
                at["name"], at.get("type", tag) if tag == "input" else tag, at.get("value", "")
            )
            if at.get("form"):
                self._elsewhere.append((at["form"], self._last))
            elif self._form:
                self._form.fields.append(self._last)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._last and self._last.kind == "textarea" and self.lasttag == "textarea":
            self._last.value += data
