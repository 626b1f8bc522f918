"""Freeze the rows behind a finding, so that anybody can get the same bytes again later.

Kept are the question, the versions of every table it reads, and the hash of the rows as CSV; the rows
themselves stay in the lake, whose versions are kept as long as evidence names them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.analytics import symptoms
from interlock.analytics.finding import RowQuery
from interlock.fabric import journal, records
from interlock.fabric.export import csv_bytes
from interlock.fabric.models import Context, Evidence, Person


class EvidenceChanged(Exception):
    """The same question over the same versions no longer gives the same bytes."""


@transaction.atomic
def freeze_rows(
    *,
    context: Context,
    title: str,
    query: RowQuery,
    by: Person | None,
    now: datetime,
    versions: Mapping[str, int] | None = None,
) -> Evidence:
    """Run the query on the records, now or at the versions of a finding; keep question, versions and hash."""
    versions = dict(records.snapshot().versions if versions is None else versions)
    columns, content, count = _run(query, versions)
    evidence = Evidence.objects.create(
        context=context,
        title=title,
        query={"rule": query.rule, "selection": query.selection, "params": dict(query.params)},
        versions=versions,
        columns=columns,
        row_count=count,
        sha256=hashlib.sha256(content).hexdigest(),
        taken_at=now,
        taken_by=by,
    )
    journal.note(
        actor=by,
        verb="froze",
        about=context,
        at=now,
        detail={"evidence": evidence.pk, "sha256": evidence.sha256},
    )
    return evidence


def reproduce(evidence: Evidence) -> bytes:
    """Return the rows as CSV, byte for byte as they were frozen.

    Raises:
        EvidenceChanged: the bytes differ; the records or the reader were changed from outside.
    """
    _columns, content, _count = _run(query_of(evidence.query), evidence.versions)
    if hashlib.sha256(content).hexdigest() != evidence.sha256:
        raise EvidenceChanged(
            _(
                "The rows of “%(title)s” are no longer the ones that were frozen. Compare the records with a backup."
            )
            % {"title": evidence.title}
        )
    return content


def query_of(stored: Mapping[str, Any]) -> RowQuery:
    """Turn a stored question back into one that can be asked."""
    return RowQuery(rule=stored["rule"], selection=stored["selection"], params=stored["params"])


def versions_in_use() -> dict[str, set[int]]:
    """Table versions that evidence still names; vacuum must keep them."""
    used: dict[str, set[int]] = {}
    for versions in Evidence.objects.values_list("versions", flat=True):
        for table, version in versions.items():
            used.setdefault(table, set()).add(version)
    return used


def _run(query: RowQuery, versions: Mapping[str, int]) -> tuple[list[str], bytes, int]:
    with records.records_at(versions) as tables:
        rows = symptoms.rows(tables, query).to_pyarrow()
    # Sorted by every column: no engine promises an order, and bytes must not depend on one.
    rows = rows.sort_by([(name, "ascending") for name in rows.column_names])
    content = csv_bytes(rows.column_names, zip(*(column.to_pylist() for column in rows.columns), strict=True))
    return rows.column_names, content, rows.num_rows
