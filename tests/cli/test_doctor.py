"""`interlock doctor` finds each fault and says what to do."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from django.conf import settings as django_settings
from django.db import connection

from conftest import NOON
from interlock.cli import doctor, journal
from interlock.fabric import journal as chain
from interlock.fabric.models import Context, JournalHead


@pytest.fixture
def installed(person, settings, tmp_path):
    person("owner")
    settings.PACKAGE = tmp_path
    built = tmp_path / "web" / "static" / "built"
    built.mkdir(parents=True)
    (built / "app.css").write_text("")


def faults() -> dict[str, str]:
    return {check.name: check.remedy for check in doctor.check_all() if not check.well}


def test_a_sound_installation_passes(installed):
    result = CliRunner().invoke(doctor.doctor, ["--json"])

    report = json.loads(result.output)
    assert (result.exit_code, report["well"]) == (0, True)
    assert {check["name"] for check in report["checks"]} >= {
        "Home folder",
        "Database",
        "Durability",
        "Journal",
        "Owner",
        "Records",
    }


def test_a_language_model_that_does_not_answer_is_found(installed, settings):
    settings.NAMES_URL, settings.NAMES_MODEL = "http://localhost:1/v1", "small-7b"
    settings.PRIVATE_HOSTS = frozenset({"localhost:1"})

    assert faults() == {"Names by a model": "See docs/settings.md#names-by-a-language-model."}


def test_an_encoder_that_cannot_be_run_is_found(installed, settings, tmp_path):
    (tmp_path / "model.onnx").write_text("hello")
    (tmp_path / "vocab.txt").write_text("hello")
    settings.ENCODER = tmp_path

    assert faults() == {"Encoder": "See docs/settings.md#an-encoder-of-your-own."}


def test_missing_assets_are_found(installed):
    (django_settings.PACKAGE / "web" / "static" / "built" / "app.css").unlink()

    assert faults() == {"Page assets": "In a clone run ./do sync; an installed wheel carries them."}


def test_a_key_that_others_can_read_is_found(installed, home):
    key = home / "secret.key"
    key.write_text("x" * 40)
    key.chmod(0o644)

    assert faults() == {"Home folder": f"Run: chmod 600 {key}"}


def test_a_full_disk_is_found(installed, monkeypatch):
    monkeypatch.setattr(doctor, "ENOUGH_DISK_MB", 10**12)

    assert list(faults()) == ["Free disk"]


def test_an_installation_without_owner_is_found(db, home):
    assert faults()["Owner"] == "Run: interlock owner-link, and open the link it prints."


def test_a_tampered_journal_is_found_by_doctor_and_by_verify(installed):
    chain.note(actor=None, verb="did", about=Context.objects.create(kind="a", key="b", label="c"), at=NOON)
    JournalHead.objects.update(number=7)

    verdict = CliRunner().invoke(journal.journal, ["verify"])

    assert "Journal" in faults()
    assert verdict.exit_code == 1
    assert "the journal ends at entry 1, its head says 7" in verdict.output


def test_a_sound_journal_verifies(installed):
    verdict = CliRunner().invoke(journal.journal, ["verify"])

    assert (verdict.exit_code, verdict.output) == (
        0,
        "The journal is sound: 0 entries, each follows from the one before.\n",
    )


def test_connections_have_sessions_of_their_own(installed):
    assert doctor.check_pooling().well


def test_a_pooler_that_lends_one_session_to_many_is_found(installed, monkeypatch):
    if connection.vendor != "postgresql":
        return
    # Two clients of a pooler in transaction mode: the same process of the server answers both, as here.
    monkeypatch.setattr(connection, "copy", lambda: connection)
    monkeypatch.setattr(connection, "close", lambda: None)

    check = doctor.check_pooling()

    assert (check.well, "pool_mode = session" in check.remedy) == (False, True)


@pytest.mark.parametrize(
    ("answered", "shared"),
    [
        ([{1}, {2}, {1}, {2}], False),
        ([{1}, {1}, {1}, {1}], True),
        ([{1}, {2}, {2}, {1}], True),
        ([{1, 2}, {3}, {1}, {3}], True),
    ],
)
def test_who_was_answered_by_whom_tells_a_pooler(answered, shared):
    assert doctor._share_sessions(answered) is shared
