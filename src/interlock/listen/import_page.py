"""What the page of one import shows, state by state, and what its form says back."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.connectors.errors import ConnectorError
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of
from interlock.listen import mapping_edit, uploads
from interlock.listen.accounting import Tally, tallies_of
from interlock.listen.forms import known_sources
from interlock.listen.models import Errand, Import, State

MOST_REASONS = 12
# Reasons are grouped from this many refused rows at most; the file holds them all.
REASONS_READ = 200_000


@dataclass(frozen=True)
class Reading:
    """How far a moving import is. `percent` is None while nobody can know."""

    doing: str
    percent: int | None
    rows: int
    rate: int | None


@dataclass(frozen=True)
class Reason:
    """One reason of refusal: how many rows, and the first of them."""

    reason: str
    rows: int
    table: str
    first: str


def context(import_: Import, person: Person | None) -> dict[str, Any]:
    """Everything `listen/import.html` needs besides its forms."""
    shown = import_.accounting or import_.trial
    total = shown.get("total")
    lines, fault = _lines(import_)
    return {
        "import": import_,
        "heading": heading(import_, lines),
        "steps": steps(import_, lines),
        "reading": reading(import_),
        "hears": hears(),
        "lines": lines,
        "offered": mapping_edit.offered(import_.mapping) if lines and not fault else [],
        "fault": fault,
        "is_shipped": import_.found.get("proposal", {}).get("shipped", False),
        "tallies": [(mapping_edit.table_name(name), tally) for name, tally in tallies_of(shown)],
        "total": Tally(**total) if total else None,
        "is_trial": bool(import_.trial) and not import_.accounting,
        "left_out": shown.get("left_out", []),
        "notes": shown.get("notes", []),
        "near_keys": list(enumerate(shown.get("near_keys", []))),
        "reasons": reasons(import_) if import_.refused_rows else [],
        "may_import": may(person, Act.IMPORT),
        "known_sources": known_sources(),
        "is_open": import_.state in {State.DRAFT, State.FAILED, State.STOPPED} and bool(import_.mapping),
    }


def _lines(import_: Import) -> tuple[list[mapping_edit.ColumnLine], str]:
    if not import_.mapping or not import_.found:
        return [], ""
    try:
        return mapping_edit.lines(import_.found, import_.mapping), ""
    except ConnectorError as error:
        return [], str(error)


def heading(import_: Import, lines: list[mapping_edit.ColumnLine]) -> str:
    """The finding of the page, as its title."""
    if import_.state in {State.WAITING, State.RUNNING}:
        return _moving_heading(import_)
    if import_.state == State.DONE:
        return _done_heading(Tally(**import_.accounting["total"]))
    if import_.state == State.UNDONE:
        return _("“%(title)s” is taken back.") % {"title": import_.title}
    if import_.state == State.STOPPED:
        return _("Stopped. Nothing was stored.")
    if import_.state == State.FAILED:
        return _("“%(title)s” was not read. Nothing was stored.") % {"title": import_.title}
    return _columns_heading(import_, lines)


def _moving_heading(import_: Import) -> str:
    return {
        Errand.LOOK: _("Looking at your columns."),
        Errand.TRY: _("Trying it without storing anything."),
        Errand.STORE: _("Reading %(title)s.") % {"title": import_.title},
    }[Errand(import_.errand)]


def _done_heading(total: Tally) -> str:
    if not total.stored and not total.updated and not total.deleted and not total.refused:
        return _("Nothing new: all %(n)s rows were here already.") % {"n": _text(total.received)}
    fine = total.received - total.refused
    if total.deleted == total.received:
        return ngettext(
            "One record is gone, as its source said.",
            "%(n)s records are gone, as their source said.",
            total.deleted,
        ) % {"n": _text(total.deleted)}
    if not total.refused:
        return _("All %(n)s rows were taken in.") % {"n": _text(fine)}
    return ngettext(
        "%(n)s rows were taken in, one was refused.",
        "%(n)s rows were taken in, %(r)s were refused.",
        total.refused,
    ) % {"n": _text(fine), "r": _text(total.refused)}


def _columns_heading(import_: Import, lines: list[mapping_edit.ColumnLine]) -> str:
    proposal = import_.found.get("proposal", {})
    if proposal.get("shipped"):
        return _("We know this export: %(title)s. Nothing needs you.") % {"title": proposal["title"]}
    asks = sum(line.certainty == "ask" for line in lines)
    if not asks:
        return _("We understood every column.")
    return ngettext(
        "We understood %(known)s of %(all)s columns; one needs you.",
        "We understood %(known)s of %(all)s columns; %(asks)s need you.",
        asks,
    ) % {"known": len(lines) - asks, "all": len(lines), "asks": asks}


def steps(import_: Import, lines: list[mapping_edit.ColumnLine]) -> list[dict[str, str]]:
    """File, columns, try, read: where the import stands."""
    rows = sum(table["rows"] for table in import_.found.get("tables", []))
    known = sum(line.certainty != "ask" for line in lines)
    trial = import_.trial.get("total")
    notes = [
        _("%(n)s rows") % {"n": _text(rows)} if rows else "",
        _("%(known)s of %(all)s") % {"known": known, "all": len(lines)} if lines else "",
        _("%(fine)s fine, %(refused)s refused")
        % {"fine": _text(trial["received"] - trial["refused"]), "refused": _text(trial["refused"])}
        if trial
        else ""
        if import_.state in {State.DONE, State.UNDONE}
        else _("if you like"),
        _rows_note(import_),
    ]
    now = _now(import_)
    names = (_("File"), _("Columns"), _("Try"), _("Read all"))
    return [
        {"name": name, "note": note, "is": "done" if at < now else "now" if at == now else "todo"}
        for at, (name, note) in enumerate(zip(names, notes, strict=True))
    ]


def _rows_note(import_: Import) -> str:
    if import_.errand != Errand.STORE or not import_.rows_done:
        return ""
    text = _("%(n)s so far") if import_.is_moving else _("%(n)s rows made")
    return text % {"n": _text(import_.rows_done)}


def _now(import_: Import) -> int:
    if import_.state in {State.DONE, State.UNDONE}:
        return 4
    if import_.is_moving:
        return {Errand.LOOK: 0, Errand.TRY: 2, Errand.STORE: 3}[Errand(import_.errand)]
    return 0 if not import_.mapping else 3 if import_.trial or import_.errand == Errand.STORE else 1


def hears() -> bool:
    """Whether this installation tells open pages what moves; without it they ask every second."""
    return bool(settings.STREAM_URL or settings.STREAM_PORT)


def reading(import_: Import) -> Reading:
    """How far, how many rows, how fast."""
    percent = round(100 * min(import_.done, import_.total) / import_.total) if import_.total else None
    seconds = (timezone.now() - import_.started_at).total_seconds() if import_.started_at else 0
    rate = round(import_.rows_done / seconds) if seconds > 1 and import_.rows_done else None
    return Reading(import_.doing, percent, import_.rows_done, rate)


def reasons(import_: Import) -> list[Reason]:
    """Why rows were refused, the most frequent reason first, each with its first row."""
    path = uploads.refused_path(import_)
    if not path.exists():
        return []
    counts: Counter[tuple[str, str]] = Counter()
    firsts: dict[tuple[str, str], str] = {}
    for row in _refused_rows(path):
        kind = (row["table"], row["reason"])
        counts[kind] += 1
        firsts.setdefault(kind, _first(row))
    return [
        Reason(reason, rows, mapping_edit.table_name(table), firsts[table, reason])
        for (table, reason), rows in counts.most_common(MOST_REASONS)
    ]


def _refused_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row for _number, row in zip(range(REASONS_READ), csv.DictReader(file), strict=False)]


def _first(row: Mapping[str, str]) -> str:
    value = row["value"].removeprefix("'")[:60]
    return (
        _("row %(row)s: %(value)s") % {"row": row["row"], "value": value}
        if value
        else _("row %(row)s") % {"row": row["row"]}
    )


def suggested_name(import_: Import) -> str:
    """A name for the source: the one it has, the known export's, or the file's."""
    if import_.source:
        return import_.source.name
    proposal = import_.found.get("proposal", {})
    return (
        proposal["title"]
        if proposal.get("shipped")
        else Path(import_.title).stem.replace("_", " ").replace("-", " ")
    )


def answers(posted: Mapping[str, str]) -> dict[int, tuple[str, str, str]]:
    """What the lines of the form say: number to (use, date format, time zone)."""
    numbers = [number_of(name[4:]) for name in posted if name.startswith("use-")]
    return {
        number: (
            posted[f"use-{number}"],
            posted.get(f"format-{number}", ""),
            posted.get(f"zone-{number}", ""),
        )
        for number in numbers
        if number is not None
    }


def repairs(import_: Import, posted: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The near keys that a person ticked."""
    near = (import_.accounting or import_.trial).get("near_keys", [])
    return [
        (each["parent"], each["value"], each["candidate"])
        for number, each in enumerate(near)
        if posted.get(f"repair-{number}") or posted.get("repair") == "all"
    ]


def _text(number: int) -> str:
    return number_format(number, force_grouping=True)
