"""How is what somebody wrote shown? As Markdown, with nothing in it that could act.

The text is kept as it was written; HTML is made when it is shown. The parser knows no raw HTML, and what it
makes passes nh3 with explicit lists of tags, attributes and schemes. No picture is fetched from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

TAGS = {
    "a", "blockquote", "br", "code", "em", "hr", "img", "li", "ol", "p", "pre", "s", "span", "strong", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width", "height", "loading"}, "ol": {"start"}}
CLASSES = {"a": {"outside", "mention"}, "span": {"mention"}}
OWN_PICTURE = re.compile(r"/pictures/[\w-]{1,64}/")
# Our own addresses and places in the page. A browser takes "//", "/\" and tabs between for another host.
OWN_PLACE = re.compile(r"/(?![/\\])[^\s\\]*|#[\w-]+")
OUTSIDE = re.compile(r"https?://|mailto:", re.IGNORECASE)
# Short reaches: a text of nothing but marks is not looked through once for each of them.
_PICTURES = re.compile(r" ?!\[([^\]\n]{0,200})\]\(/pictures/[\w-]{1,64}/\)")
_LINKS = re.compile(r"\[([^\[\]\n]{1,200})\]\(/(?![/\\])[^\s\\()]{0,300}\)")
_STRONG = re.compile(r"(\*\*|__|~~)(?=\S)([^\n]{1,300}?)(?<=\S)\1")
_SOFT = re.compile(r"(?<![\w*_])([*_])(?=[^\s*_])([^*_\n]{1,300})(?<=\S)\1(?![\w*_])")
# A page shows up to a few hundred lines, and the same ones to everybody in the talk.
KEPT = 2_000


def rendered(text: str, *, mentions: Mapping[str, str] = {}) -> SafeString:
    """Return the text as clean HTML. `mentions` names those who may be marked after an @, each with an address or "".

    >>> rendered("**No** raw <b>HTML</b>, @Ines", mentions={"Ines": ""})
    '<p><strong>No</strong> raw &lt;b&gt;HTML&lt;/b&gt;, <span class="mention">@Ines</span></p>\\n'
    """
    return SafeString(_rendered(text, tuple(sorted(mentions.items()))))


@lru_cache(maxsize=KEPT)
def _rendered(text: str, mentions: tuple[tuple[str, str], ...]) -> str:
    return _CLEANER.clean(_PARSER.render(text, {"mentions": dict(mentions)}))


def plain(text: str) -> str:
    """The same words without marks, for excerpts and mails: a picture is its name in brackets, as nothing shows it there.

    >>> plain("The **hose** is _short_ ![hose](/pictures/a1/), see [rows](/disconnects/1/)")
    'The hose is short [hose], see rows'
    """
    words = _PICTURES.sub(r" [\1]", text)
    words = _LINKS.sub(r"\1", words)
    for marks in (_STRONG, _SOFT):
        words = marks.sub(r"\2", words)
    return words


def _attribute(tag: str, name: str, value: str) -> str | None:
    """What of an attribute stays; the last gate, whatever the parser made."""
    if (tag, name) == ("a", "href"):
        return value if OUTSIDE.match(value) or OWN_PLACE.fullmatch(value) else None
    if (tag, name) == ("img", "src"):
        return value if OWN_PICTURE.fullmatch(value) else None
    return value


def _picture(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Mapping[str, Any]
) -> str:
    """A picture of ours is shown; of one elsewhere only the way to it."""
    token = tokens[at]
    source = str(token.attrs.get("src", ""))
    words = self.renderInlineAsText(token.children or [], options, env)
    if OWN_PICTURE.fullmatch(source):
        return f'<img src="{escape(source)}" alt="{escape(words)}" loading="lazy">'
    return f'<a class="outside" href="{escape(source)}">{escape(words or source)}</a>'


def _link(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Mapping[str, Any]) -> str:
    """A link that leads away says so."""
    if OUTSIDE.match(str(tokens[at].attrs.get("href", ""))):
        tokens[at].attrSet("class", "outside")
    return self.renderToken(tokens, at, options, env)


def _mark_mentions(state: StateCore) -> None:
    """Mark @Name in running text, the longest name first; code stays as it is."""
    mentions: Mapping[str, str] = state.env.get("mentions") or {}
    if not mentions:
        return
    names = "|".join(re.escape(name) for name in sorted(mentions, key=len, reverse=True))
    found = re.compile(rf"(?<!\w)@({names})(?!\w)")
    for block in state.tokens:
        if block.type == "inline":
            block.children = [
                part for token in block.children or [] for part in _marked(token, found, mentions)
            ]


def _marked(token: Token, found: re.Pattern[str], mentions: Mapping[str, str]) -> list[Token]:
    if token.type != "text" or "@" not in token.content:
        return [token]
    parts = []
    for number, piece in enumerate(found.split(token.content)):
        if number % 2 == 0:
            parts += [_text(piece)] if piece else []
            continue
        tag = "a" if mentions[piece] else "span"
        attributes: dict[str, str | int | float] = {"class": "mention"}
        if mentions[piece]:
            attributes["href"] = mentions[piece]
        opening, closing = Token("mention_open", tag, 1, attrs=attributes), Token("mention_close", tag, -1)
        parts += [opening, _text(f"@{piece}"), closing]
    return parts


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _parser() -> MarkdownIt:
    # A line break is a line break: people write lines, not source. Headings are the page's own.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": True})
    parser.enable(["strikethrough", "linkify"]).disable(["heading", "lheading", "html_block", "html_inline"])
    parser.linkify.set({"fuzzy_link": False, "fuzzy_ip": False})
    parser.core.ruler.push("mentions", _mark_mentions)
    parser.add_render_rule("image", _picture)
    parser.add_render_rule("link_open", _link)
    return parser


_PARSER = _parser()
_CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style"},
    attributes=ATTRIBUTES,
    attribute_filter=_attribute,
    allowed_classes=CLASSES,
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow ugc noopener",
)
