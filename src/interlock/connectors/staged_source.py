"""A source over raw tables: everything that files and databases have in common after they are opened."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from interlock.store.contract import TABLES

from . import tombstones
from .contract_shape import contract_mapping, is_written_so
from .errors import SourceRefused
from .guess import guess_mapping
from .making.maker import Maker
from .making.scope import AliasedFiles
from .making.workbench import Staged, Workbench
from .mapping.model import FileRule, Mapping
from .mapping.used import used_columns
from .near_keys import find_near_keys
from .profile import found_table
from .protocol import FoundTable, OnProgress, Progress, RawTable, Skipped
from .recognition import assign, by_name, fits
from .records import Chunk, NearKey
from .shipped import shipped_mappings

AS_FOUND = FileRule("")


class StagedSource:
    """What `protocol.Source` asks for, over any list of raw tables. A context manager."""

    def __init__(
        self,
        label: str,
        raws: Sequence[RawTable],
        skipped: Sequence[Skipped],
        bench: Workbench,
        mapping: Mapping | None = None,
        now: datetime | None = None,
        in_part: bool = False,
    ) -> None:
        self.label = label
        self.skipped = tuple(skipped)
        self.mapping = mapping
        self._raws = {raw.name: raw for raw in raws if not tombstones.table_of(raw.name)}
        self._tombstones = [raw for raw in raws if tombstones.table_of(raw.name)]
        self._bench = bench
        self._now = now
        self._in_part = in_part
        self._broken: dict[str, Skipped] = {}
        self._made: Maker | None = None

    def __enter__(self) -> "StagedSource":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove everything that was staged."""
        self._bench.close()

    def tables(self) -> tuple[FoundTable, ...]:
        """Every file, sheet or table with its columns, their types and first values."""
        return tuple(found_table(self._bench, staged) for staged in self._all_staged())

    def propose(self) -> Mapping:
        """The mapping given at opening, else the contract's own shape, else a shipped one that fits, else a guess.

        Raises:
            SourceRefused: nothing in the source looks like a table of the contract.
        """
        if self.mapping is not None:
            return self.mapping
        if self._deletes_only:
            gone = sorted({tombstones.table_of(raw.name) for raw in self._tombstones})
            return tombstones.deletions_mapping(self.label, gone)
        columns = self.columns()
        shaped = contract_mapping(self.label, columns)
        if shaped and is_written_so(self._bench, list(self._all_staged()), shaped):
            return shaped
        for mapping in shipped_mappings():
            if fits(mapping, columns):
                return mapping
        return guess_mapping(self.label, self._bench, list(self._all_staged()))

    def is_read_by(self, mapping: Mapping) -> bool:
        """Whether the mapping reads any of the files. Raises as `columns`."""
        return any(assign(mapping, self.columns()).values())

    def chunks(self, mapping: Mapping, on_progress: OnProgress | None = None) -> Iterator[Chunk]:
        """Read what the mapping needs and hand over every table's rows and refusals.

        Raises:
            MappingError: the mapping needs a column that its file does not have.
            SourceRefused: no file of the source is one that the mapping reads.
        """
        tell = on_progress or (lambda _: None)
        if not self._deletes_only:
            yield from self._made_chunks(mapping, tell)
        yield from self._deletion_chunks(tell)

    @property
    def _deletes_only(self) -> bool:
        return bool(self._tombstones) and not self._raws

    def _made_chunks(self, mapping: Mapping, tell: OnProgress) -> Iterator[Chunk]:
        files = self._aliased(mapping, tell)
        if self._in_part:
            here = tuple(output for output in mapping.outputs if files[output.alias].staged)
            mapping = replace(mapping, outputs=here)
        total = sum(one.rows for alias in files.values() for one in alias.staged)
        maker = Maker(self._bench, mapping, files, self._now)
        maker.on_table = lambda table: tell(Progress(f"making {table}", 0, total))
        yield from maker.chunks()
        self._made = maker

    def _deletion_chunks(self, tell: OnProgress) -> Iterator[Chunk]:
        """Deletions of each table. A file of them that cannot be read refuses the whole: nobody knows what is gone."""
        by_table: dict[str, list[Staged]] = {}
        for raw in self._tombstones:
            tell(Progress(f"reading {raw.name}", 0, raw.size))
            by_table.setdefault(tombstones.table_of(raw.name), []).append(self._bench.stage(raw, AS_FOUND))
        for table in TABLES:
            if table in by_table:
                yield from tombstones.deletion_chunks(self._bench, table, by_table[table])

    def near_keys(self, mapping: Mapping) -> tuple[NearKey, ...]:
        """Keys that are used but do not exist, with the one each may have meant.

        Of a source that is read in part nothing can be said: most of its keys came with earlier readings.
        """
        if self._in_part or self._deletes_only:
            return ()
        if self._made is None or self._made.mapping != mapping:
            files = self._aliased(mapping, lambda _: None)
            self._made = Maker(self._bench, mapping, files, self._now)
            self._made.make_keys()
        return find_near_keys(self._made)

    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns of every file that can be read. Raises SourceRefused where the only one cannot."""
        return {staged.raw.name: staged.columns for staged in self._all_staged()}

    def _all_staged(self) -> Iterator[Staged]:
        """Every raw table that can be read; the others join `skipped` with their reason."""
        for raw in self._raws.values():
            if raw.name in self._broken:
                continue
            try:
                yield self._bench.stage(raw, AS_FOUND)
            except SourceRefused as error:
                if len(self._raws) == 1:
                    raise
                self._broken[raw.name] = Skipped(raw.name, str(error))
                self.skipped = (*self.skipped, self._broken[raw.name])

    def _aliased(self, mapping: Mapping, tell: OnProgress) -> dict[str, AliasedFiles]:
        found = by_name(mapping, list(self._raws))
        if not all(found.values()):
            found = assign(mapping, self.columns())
        if not any(found.values()):
            wanted = ", ".join(name for rule in mapping.files.values() for name in rule.names)
            raise SourceRefused(
                f"{self.label} has none of the files that the mapping {mapping.name} reads ({wanted}). "
                f"It has: {', '.join(self._raws)}."
            )
        # A file that is only named as belonging to the others is not read.
        used = used_columns(mapping)
        found = {alias: names if used[alias] else [] for alias, names in found.items()}
        total = sum(self._raws[name].size for names in found.values() for name in names)
        done = 0
        files = {}
        for alias, rule in mapping.files.items():
            staged = []
            for name in found[alias]:
                start = done
                doing = f"reading {name}"

                def on_bytes(count: int, doing: str = doing) -> None:
                    nonlocal done
                    done = min(done + count, total)
                    tell(Progress(doing, done, total))

                staged.append(self._bench.stage(self._raws[name], rule, on_bytes))
                done = start + self._raws[name].size
                tell(Progress(doing, done, total))
            files[alias] = AliasedFiles(rule, tuple(staged))
        return files
