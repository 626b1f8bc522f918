"""From the HTML that customers send to the words they wrote: paragraphs stay, everything that could act goes.

Scripts, styles, forms' choices and frames go with their content; pictures leave no trace, links leave their words, and
nothing is fetched. The result is text and is shown as text, so no tree is built: a sanitiser that builds one (html5ever)
took 139 s for 200,000 nested `<div>`, this reader takes one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

_PARAGRAPHS = {
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "table", "section",
    "article", "header", "footer", "figure", "body",
}  # fmt: skip
_LINES = {"br", "li", "tr", "hr", "dt", "dd"}
_CELLS = {"td", "th"}
# What browsers do not show as text, or what is not the writer's text.
_UNSEEN = frozenset(
    {
        "script", "style", "title", "template", "iframe", "object", "svg", "math", "noscript", "textarea",
        "select", "audio", "video", "canvas", "head",
    }
)  # fmt: skip
# Controls that are no line break or tab, and marks that turn the reading direction of what follows.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LOOKS_MARKED_UP = re.compile(r"</?[a-zA-Z!][^<>]*>|&(?:#\w+|[a-zA-Z]+);")
_TAG_NAME = re.compile(r"/?[a-zA-Z][^\s/>]*")


def text_of_html(html: str, without: frozenset[str] = frozenset()) -> str:
    """The text of a piece of HTML. `without` names further tags that go with their content, such as quotations."""
    unseen = _UNSEEN | without
    lines = _Lines()
    hidden, depth = "", 0
    for token in _tokens(html, unseen):
        if hidden:
            if token.tag == hidden:
                depth += -1 if token.closes else 1
            hidden = hidden if depth else ""
        elif token.tag in unseen and not token.closes:
            if token.has_end:
                hidden, depth = token.tag, 1
        elif token.tag:
            lines.tag(token.tag, token.closes)
        else:
            lines.text(unescape(token.text))
    return clean_text("".join(lines.parts))


def text_of_html_or_plain(text: str) -> str:
    """The text of something that may be HTML or plain: plain text keeps its lines."""
    return text_of_html(text) if _LOOKS_MARKED_UP.search(text) else clean_text(text)


def clean_text(text: str) -> str:
    """Text without controls and hidden direction marks, at most one empty line in a row, no blanks at line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    text = _LONE_SURROGATE.sub("\ufffd", _CONTROLS.sub("", text))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


@dataclass(frozen=True)
class _Token:
    """A run of text, or a tag in lower case. `has_end`: it is not to be seen, and its end follows somewhere."""

    text: str = ""
    tag: str = ""
    closes: bool = False
    has_end: bool = False


def _tokens(html: str, unseen: frozenset[str]) -> Iterator[_Token]:
    """Split markup into text and tags in one pass; a sign that opens no tag is text."""
    lowered = html.lower() if len(html.lower()) == len(html) else html
    ends: dict[str, int] = {}
    text_from = at = 0
    while (at := html.find("<", at)) >= 0:
        name = _TAG_NAME.match(html, at + 1)
        if name is None and html[at + 1 : at + 2] not in {"!", "?"}:
            at += 1
            continue
        if at > text_from:
            yield _Token(text=html[text_from:at])
        if name is None:
            at = text_from = _after_declaration(html, at)
            continue
        tag = name.group().lower()
        at = text_from = _after_tag(html, name.end())
        closes = tag.startswith("/")
        tag = tag.lstrip("/")
        # The search for an end is kept per name: once none follows, it is not looked for again.
        if tag in unseen and not closes and (tag not in ends or 0 <= ends[tag] < at):
            ends[tag] = lowered.find(f"</{tag}", at)
        yield _Token(tag=tag, closes=closes, has_end=ends.get(tag, -1) >= 0)
    if text_from < len(html):
        yield _Token(text=html[text_from:])


def _after_declaration(html: str, at: int) -> int:
    """Where a comment, doctype or instruction ends; one that never ends takes the rest."""
    sign = "-->" if html.startswith("<!--", at) else ">"
    end = html.find(sign, at + 2)
    return len(html) if end < 0 else end + len(sign)


def _after_tag(html: str, at: int) -> int:
    """Where a tag ends: at the first `>` outside quotes, within reason; one that never ends takes the rest."""
    end = html.find(">", at)
    if end < 0:
        return len(html)
    # 100,000: a picture in an attribute may be long, but a quote left open must not swallow the letter.
    for _ in range(50):
        quote = _open_quote(html[at:end])
        if not quote:
            break
        closing = html.find(quote, end, at + 100_000)
        following = html.find(">", closing, at + 100_000) if closing >= 0 else -1
        if following < 0:
            break
        end = following
    return end + 1


def _open_quote(inside: str) -> str:
    """The quotation mark that is still open at the end of a tag's inside."""
    quote = ""
    for sign in re.findall("[\"']", inside):
        if not quote:
            quote = sign
        elif sign == quote:
            quote = ""
    return quote


class _Lines:
    """Collects text; whitespace of the markup counts as one blank, as in a browser."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._preformatted = 0

    def tag(self, name: str, closes: bool) -> None:
        if name == "pre":
            self._preformatted = max(0, self._preformatted + (-1 if closes else 1))
        if name in _PARAGRAPHS:
            self.parts.append("\n\n")
        elif name in _LINES and not closes:
            self.parts.append("\n- " if name == "li" else "\n")
        elif name in _CELLS and closes:
            self.parts.append(" ")

    def text(self, text: str) -> None:
        if self._preformatted:
            self.parts.append(text)
            return
        words = re.sub(r"[^\S\xa0]+", " ", text)
        if not self.parts or self.parts[-1].endswith(("\n", " ")):
            words = words.removeprefix(" ")
        if words:
            self.parts.append(words)
