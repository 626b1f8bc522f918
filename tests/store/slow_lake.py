"""The lake as anybody would write it in a dictionary: slow, in memory, and plainly right.

Every key has the list of its writes, the last one on top; a deletion is a write too. Undoing an import or removing
a source makes writes dead; a key shows its topmost living write, or nothing where that is a deletion.
"""

from dataclasses import dataclass, field

GONE = object()


@dataclass
class Entry:
    value: object
    number: int
    source: str


@dataclass
class SlowLake:
    number: int = 0
    stacks: dict[str, list[Entry]] = field(default_factory=dict)
    writers: dict[int, tuple[str, str]] = field(default_factory=dict)
    wrote: dict[int, set[str]] = field(default_factory=dict)
    dead: set[int] = field(default_factory=set)
    seen: list[dict[str, str | None]] = field(default_factory=list)

    def state(self):
        return {key: self.stacks[key][-1].value for key in self.stacks if self._shown(key)}

    def _shown(self, key):
        return key in self.stacks and self.stacks[key][-1].value is not GONE

    def delete(self, batch, source, keys):
        gone = [key for key in keys if self._shown(key)]
        for key in gone:
            self.stacks[key].append(Entry(GONE, self.number + 1, source))
        if gone:
            self._publish(batch, source)
        return len(gone), len(keys) - len(gone)

    def upsert(self, batch, source, inputs):
        counts = [self._take(rows, self.number + 1, source) for rows in inputs]
        if any(stored + updated for stored, updated, _ in counts):
            self._publish(batch, source)
        return counts

    def remove(self, source, by):
        gone = [key for key in self.state() if self.stacks[key][-1].source == source]
        for key in gone:
            del self.stacks[key]
        living = self._living(1, source)
        self.dead |= living
        if gone or living:
            self._publish(by, source)
        return len(gone)

    def undo(self, batch, by):
        mine = self._living(0, batch)
        if not mine:
            return 0, 0, 0
        self.dead |= mine
        written = set().union(*(self.wrote[number] for number in mine))
        kept = sum(self._shown(key) and self.stacks[key][-1].number not in mine for key in written)
        restored = removed = 0
        for key in [key for key, stack in self.stacks.items() if stack[-1].number in mine]:
            was_shown = self._shown(key)
            self.stacks[key] = [entry for entry in self.stacks[key] if entry.number not in self.dead]
            restored += bool(self.stacks[key]) and self._shown(key)
            removed += was_shown and not (self.stacks[key] and self._shown(key))
            if not self.stacks[key]:
                del self.stacks[key]
        self._publish(by, by)
        return restored, removed, kept

    def _take(self, rows, number, source):
        stored = updated = unchanged = 0
        for key, value in rows.items():
            is_there = self._shown(key)
            stack = self.stacks.setdefault(key, [])
            if is_there and stack[-1].value == value:
                unchanged += 1
                continue
            updated += is_there
            stored += not is_there
            if stack and stack[-1].number == number:
                stack.pop()
            stack.append(Entry(value, number, source))
        return stored, updated, unchanged

    def _living(self, part, name):
        return {number for number, writer in self.writers.items() if writer[part] == name} - self.dead

    def _publish(self, batch, source):
        self.number += 1
        self.writers[self.number] = (batch, source)
        self.wrote[self.number] = {
            key for key, stack in self.stacks.items() if stack[-1].number == self.number
        }
        self.seen.append(self.state())
