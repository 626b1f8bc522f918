"""What became of the rows of an import, or would: received = stored + duplicate + refused, with the first of each kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from interlock.converse.bringing.rows import PostRow, Refused, ReplyRow, VoteRow, cleaned

FIRST_ROWS = 5
_SHOWN_LETTERS = 140


@dataclass
class Tally:
    """`stored` are rows that came now, `updated` those among them that were known, `duplicate` those that were there already.

    `new` counts what is made of them: posts, replies, votes, people and merges.
    """

    received: int = 0
    stored: int = 0
    updated: int = 0
    duplicate: int = 0
    refused: list[Refused] = field(default_factory=list)
    new: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    titles: dict[str, str] = field(default_factory=dict)

    def refuse(self, key: str, why: str) -> None:
        self.refused.append(Refused(key, why))

    def store(self, row: PostRow | ReplyRow | VoteRow, *, is_known: bool) -> None:
        self.stored += 1
        self.updated += is_known
        if not is_known:
            self.new[kind_of(row)] += 1
        if isinstance(row, PostRow):
            self.titles[cleaned(row.key)] = row.title
        if len(self.first[kind_of(row)]) < FIRST_ROWS:
            self.first[kind_of(row)].append(self._shown(row))

    def as_json(self) -> dict[str, Any]:
        """Counts, reasons of refusal with how many and the first of each, and the first rows: nothing that grows."""
        reasons = Counter(cleaned(one.why) for one in self.refused)
        first = {cleaned(one.why): cleaned(one.key) for one in reversed(self.refused)}
        return {
            "received": self.received,
            "stored": self.stored,
            "updated": self.updated,
            "duplicate": self.duplicate,
            "refused": len(self.refused),
            "new": dict(self.new),
            "first": dict(self.first),
            "reasons": [
                {"why": why, "rows": count, "first": first[why]} for why, count in reasons.most_common(20)
            ],
        }

    def _shown(self, row: PostRow | ReplyRow | VoteRow) -> dict[str, str]:
        """A row in short; of a vote the title of its post, and its voter at least by address."""
        if isinstance(row, VoteRow):
            words = self.titles.get(cleaned(row.post), row.post)
        else:
            words = row.title if isinstance(row, PostRow) else row.words
        return {
            "words": cleaned(words)[:_SHOWN_LETTERS],
            "author": cleaned(row.author.name or row.author.mail or row.author.key) if row.author else "",
            "at": row.at.isoformat(),
        }


def kind_of(row: PostRow | ReplyRow | VoteRow) -> str:
    return {PostRow: "post", ReplyRow: "reply", VoteRow: "vote"}[type(row)]
