"""Where an asking stands in a list that is ordered by the time of the last change.

Other systems show a change some time after it was made, so each new asking begins a little before the last record.
What was handed over there already is remembered by its time, and not handed over again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Search indexes and long transactions lag by seconds; two minutes cost a handful of records an asking.
OVERLAP_MS = 120_000


@dataclass
class Place:
    """`since` is where the list is read from, in milliseconds; `after_id` parts records of one time.

    `reached` is the newest record met in this reading of the list, `last` the newest ever.
    """

    since: int = 0
    after_id: str = ""
    reached: int = 0
    last: int = 0
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, kept: dict[str, Any] | None) -> Place:
        return cls(**kept) if kept else cls()

    def written(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def takes(self, record: str, changed: int) -> bool:
        """Whether this version of a record is new; it is remembered as handed over."""
        self.reached = max(self.reached, changed)
        if self.seen.get(record) == changed:
            return False
        self.seen[record] = changed
        self.last = max(self.last, changed)
        return True

    def forget_old(self) -> None:
        """Forget what no later asking can meet again."""
        self.seen = {record: at for record, at in self.seen.items() if at >= self.last - OVERLAP_MS}

    def begin_again(self) -> None:
        """The list is read to its end: the next asking begins a little before it."""
        self.since, self.after_id, self.reached = max(self.last - OVERLAP_MS, 0), "", 0
        self.forget_old()
