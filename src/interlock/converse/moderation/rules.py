"""Which rules of the policy does a text meet? Plain text in, findings out; nothing here reads a database.

A finding names the rule and what it met, so that its author is told the reason and a moderator sees it. How many
rules hold for somebody depends on how they were known before (`Level`); votes never enter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from urllib.parse import urlsplit

Finding = dict[str, Any]

# With a scheme, as www., or as a name that ends like one: what a reader could follow by hand counts as well.
_LINK = re.compile(
    r"(?:https?:)?//[^\s<>\"')\]]+|\bwww\.[^\s<>\"'()\[\]]+"
    r"|(?<![@\w.-])(?:[\w-]+\.)+(?:com|net|org|info|biz|shop|store|online|site|top|xyz|io|co|ru|cn|link|click)\b(?:/[^\s<>\"'()\[\]]*)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
# Praise that names nothing is made of these words alone.
_PRAISE = {
    "a", "am", "an", "amazing", "are", "awesome", "best", "beautiful", "brilliant", "cool", "danke",
    "excellent", "fantastic", "for", "genial", "good", "great", "guys", "gut", "i", "is", "it", "job",
    "keep", "like", "love", "lovely", "many", "merci", "much", "nice", "of", "perfect", "post", "prima",
    "really", "so", "super", "sehr", "thank", "thanks", "the", "this", "topic", "toll", "top", "very",
    "was", "well", "wonderful", "work", "wow", "you", "your", "article", "blog", "site", "page", "everyone",
    "all", "dank", "je", "prachtig", "mooi", "fijn", "bedankt",
}  # fmt: skip
PRAISE_WORDS_AT_MOST = 12


class Level(IntEnum):
    """How well somebody is known here: by what was let through and for how long, never by votes."""

    NEW = 0
    KNOWN = 1
    TRUSTED = 2


@dataclass(frozen=True)
class Rules:
    """The part of the policy that texts are held against. Hosts and phrases are in small letters."""

    least_letters: int
    most_links: int
    allowed_hosts: frozenset[str]
    held_hosts: frozenset[str]
    refused_hosts: frozenset[str]
    held_words: Sequence[str]
    promotion: Sequence[str]
    hold_praise: bool


def met(rules: Rules, title: str, words: str, level: Level) -> list[Finding]:
    """The rules that a text of somebody of this level meets; empty: it is public at once.

    Hosts and words that the company named hold for everybody. Who is known may be brief and set one link more; who is
    trusted is not counted at all.
    """
    text = f"{title}\n{words}"
    hosts = hosts_in(text)
    found = [
        *_listed("refused_host", hosts, rules.refused_hosts),
        *_listed("held_host", hosts, rules.held_hosts),
    ]
    found += [{"rule": "word", "what": phrase} for phrase in _phrases(text, rules.held_words)[:3]]
    if level < Level.TRUSTED:
        found += [{"rule": "promotion", "what": phrase} for phrase in _phrases(text, rules.promotion)[:3]]
        links = [host for host in hosts if not _is_under(host, rules.allowed_hosts)]
        most = rules.most_links + level
        if len(links) > most:
            found.append({"rule": "links", "n": len(links), "most": most})
    if level < Level.KNOWN:
        letters = sum(1 for sign in words if sign.isalnum())
        if letters < rules.least_letters:
            found.append({"rule": "short", "n": letters, "least": rules.least_letters})
        elif rules.hold_praise and is_empty_praise(words):
            found.append({"rule": "praise"})
    return found


def is_refused(found: Iterable[Finding]) -> bool:
    """Whether nobody need look first: it leads to a host that the company refuses."""
    return any(one["rule"] == "refused_host" for one in found)


def hosts_in(text: str) -> list[str]:
    """The hosts of all links in a text, one for each link, in small letters."""
    found = (_host(link) for link in _LINK.findall(text))
    return [host for host in found if host]


def is_empty_praise(words: str) -> bool:
    """Whether it praises in general terms and names nothing that somebody could pass on."""
    said = [word.lower() for word in _WORD.findall(words)]
    return 0 < len(said) <= PRAISE_WORDS_AT_MOST and _PRAISE.issuperset(said)


def _host(link: str) -> str:
    address = link if "//" in link else f"//{link}"
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return "?"  # no host that could be on a list, but a link all the same
    return host.rstrip(".,;:!?").lower()


def _listed(rule: str, hosts: Iterable[str], listed: frozenset[str]) -> list[Finding]:
    return [{"rule": rule, "what": host} for host in dict.fromkeys(hosts) if _is_under(host, listed)]


def _is_under(host: str, listed: frozenset[str]) -> bool:
    parts = host.split(".")
    return any(".".join(parts[place:]) in listed for place in range(len(parts)))


def _phrases(text: str, phrases: Iterable[str]) -> list[str]:
    """Those of the phrases that stand in the text as whole words; blanks and signs between words do not matter."""
    said = f" {' '.join(_plain(text))} "
    return [phrase for phrase in phrases if (plain := " ".join(_plain(phrase))) and f" {plain} " in said]


def _plain(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
