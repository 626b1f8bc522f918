"""Earlier versions of the records go after their time, those that evidence names stay."""

from __future__ import annotations

import pytest

from conftest import NOON
from interlock.fabric import records
from interlock.listen import intake, tasks
from interlock.store.errors import VersionGone
from listen.small import signal, small_company


@pytest.fixture
def two_versions(waiting, reads):
    """One signal, and its correction by a second import; returns the versions of the two."""
    versions = []
    for body in ("came late", "came late, in the rain"):
        reads(small_company(signal(1, body=body)))
        intake.run(waiting(), clock=lambda: NOON)
        versions.append(records.snapshot().versions["signals"])
    return versions


def test_a_version_past_its_time_is_cleared_and_the_present_stays(two_versions, settings):
    settings.KEEP_DAYS = 0

    assert tasks.clear_old_versions.call() > 0

    with pytest.raises(VersionGone):
        records.lake().files("signals", two_versions[0])
    assert records.lake().read("signals").column("body").to_pylist() == ["came late, in the rain"]


def test_a_version_within_its_time_is_kept(two_versions):
    assert tasks.clear_old_versions.call() == 0
    assert records.lake().files("signals", two_versions[0])


def test_a_version_that_evidence_names_is_kept(two_versions, settings, person):
    from interlock.fabric.models import Context, Evidence  # after the settings

    settings.KEEP_DAYS = 0
    Evidence.objects.create(
        context=Context.objects.create(kind="order", key="A-1", label="Order A-1"),
        title="late",
        query={},
        versions={"signals": two_versions[0]},
        columns=[],
        row_count=1,
        sha256="",
        taken_at=NOON,
        taken_by=person(),
    )

    tasks.clear_old_versions.call()

    assert records.lake().files("signals", two_versions[0])


def test_while_an_import_writes_nothing_is_cleared(two_versions, settings):
    settings.KEEP_DAYS = 0

    with records.lake().writing(batch_id="another", source_id="shop"):
        assert tasks.clear_old_versions.call() == 0

    assert records.lake().files("signals", two_versions[0])
