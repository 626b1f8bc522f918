"""Frozen evidence gives the same bytes however the records change, and says so when it no longer can."""

from __future__ import annotations

import hashlib
import shutil

import pytest

from conftest import NOON
from interlock.analytics.finding import RowQuery
from interlock.fabric import evidence, journal, records
from interlock.fabric.models import Context, Evidence

# What the rule names as the rows behind its finding.
PROMISES = RowQuery(
    rule="R01",
    selection="all",
    params={
        "from": "2026-08-21",
        "to": "2026-11-18",
        "measure": "late",
        "group.team_id": "shops-north",
        "group.family": "Heron Cargo",
    },
)


@pytest.fixture
def frozen(home, settings, demo_folder, person) -> Evidence:
    """The order lines behind one broken promise on a copy of the small Aldermoor, which may be written to."""
    settings.RECORDS_FOLDER = home / "own records"
    shutil.copytree(demo_folder, settings.RECORDS_FOLDER)
    records.forget()
    context = Context.objects.create(
        kind="team+family", key="shops-north|Heron Cargo", label="Shops North, Heron Cargo"
    )
    return evidence.freeze_rows(
        context=context, title="Rows", query=PROMISES, by=person("lead", "sales"), now=NOON
    )


def change_the_records() -> None:
    """An import after the freezing: every order line now belongs to another order."""
    lines = records.lake().read("order_lines")
    others = lines["order_id"].to_pylist()[::-1]
    place = lines.column_names.index("order_id")
    with records.lake().writing(batch_id="later", source_id="later") as write:
        write.upsert("order_lines", lines.set_column(place, lines.schema.field("order_id"), [others]))


def test_the_bytes_are_the_same_after_the_records_changed(frozen):
    before = evidence.reproduce(frozen)

    change_the_records()

    assert evidence.reproduce(frozen) == before
    assert hashlib.sha256(before).hexdigest() == frozen.sha256
    assert before.count(b"\r\n") == frozen.row_count + 1 > 200


def test_other_bytes_than_those_frozen_are_refused(frozen):
    change_the_records()
    frozen.versions = dict(records.snapshot().versions)

    with pytest.raises(evidence.EvidenceChanged, match="no longer the ones that were frozen"):
        evidence.reproduce(frozen)


def test_the_journal_keeps_the_hash_of_what_was_frozen(frozen):
    entry = journal.entries_about(frozen.context)[0]

    assert (entry.verb, entry.detail) == ("froze", {"evidence": frozen.pk, "sha256": frozen.sha256})
