"""A wrong setting stops the start with a sentence; a right one is read."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from interlock.config.environment import read_environment
from interlock.config.setting import SettingError

WRONG = {
    "INTERLOCK_PORT": ("99999", "INTERLOCK_PORT needs a whole number from 1 to 65535; it is '99999'."),
    "INTERLOCK_HTTPS": ("maybe", "INTERLOCK_HTTPS needs yes or no; it is 'maybe'."),
    "INTERLOCK_TIME_ZONE": (
        "Mars",
        "INTERLOCK_TIME_ZONE needs a time zone such as Europe/Zurich; it is 'Mars'.",
    ),
    "INTERLOCK_CURRENCY": (
        "euro",
        "INTERLOCK_CURRENCY needs an ISO 4217 code in capitals, such as EUR; it is 'euro'.",
    ),
    "INTERLOCK_HOST": (
        "http://x",
        "INTERLOCK_HOST needs a host name or an address without port, such as 127.0.0.1 or 0.0.0.0; it is 'http://x'.",
    ),
    "INTERLOCK_PRIVATE_HOSTS": (
        "*.example.com",
        "INTERLOCK_PRIVATE_HOSTS needs host names such as helpdesk.example.com or 10.0.0.5:8443, without * or /;"
        " it is '*.example.com'.",
    ),
    "DATABASE_URL": (
        "mysql://me:secret@x/y",
        "DATABASE_URL needs postgresql://user:password@host:port/name, or nothing for SQLite; it is (hidden).",
    ),
    "INTERLOCK_MAIL_URL": (
        "mail.example.com:465",
        "INTERLOCK_MAIL_URL needs smtps://user:password@smtp.example.com?from=interlock@example.com (smtp:// with"
        " STARTTLS); it is (hidden).",
    ),
    "INTERLOCK_ENCODER": (
        "/nowhere",
        "INTERLOCK_ENCODER needs a folder that holds model.onnx; see docs/settings.md; it is '/nowhere'.",
    ),
    "INTERLOCK_NAMES_URL": (
        "https://me:secret@llm.example.com/v1",
        "INTERLOCK_NAMES_URL needs an address without user or query, such as https://llm.example.com/v1, or none;"
        " it is (hidden).",
    ),
    "INTERLOCK_PROT": ("1", "INTERLOCK_PROT is not a setting of Interlock; docs/settings.md lists them all."),
    "INTERLOCK_SECRET_KEY": ("short", "INTERLOCK_SECRET_KEY needs 32 characters or more."),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_with_what_is_allowed(name, tmp_path):
    value, sentence = WRONG[name]

    with pytest.raises(SettingError) as caught:
        read_environment({"INTERLOCK_HOME": str(tmp_path), name: value})

    assert str(caught.value) == sentence


def test_folders_to_watch_are_full_paths_parted_by_colons(tmp_path):
    values = read_environment({"INTERLOCK_HOME": str(tmp_path), "INTERLOCK_WATCH_FOLDERS": "/srv/a:/srv/b"})

    assert values["INTERLOCK_WATCH_FOLDERS"] == (Path("/srv/a"), Path("/srv/b"))
    assert read_environment({"INTERLOCK_HOME": str(tmp_path)})["INTERLOCK_WATCH_FOLDERS"] == ()
    with pytest.raises(SettingError, match="INTERLOCK_WATCH_FOLDERS needs full paths"):
        read_environment({"INTERLOCK_HOME": str(tmp_path), "INTERLOCK_WATCH_FOLDERS": "/"})


def test_a_mail_server_is_named_with_its_encryption_user_and_sender(tmp_path):
    url = "smtps://interlock%40example.com:p%3Ass@smtp.example.com?from=service@example.com"
    values = read_environment({"INTERLOCK_HOME": str(tmp_path), "INTERLOCK_MAIL_URL": url})

    assert values["INTERLOCK_MAIL_URL"] == {
        "host": "smtp.example.com", "port": 465, "security": "tls", "user": "interlock@example.com",
        "password": "p:ss", "sender": "service@example.com",
    }  # fmt: skip
    assert read_environment({"INTERLOCK_HOME": str(tmp_path)})["INTERLOCK_MAIL_URL"] == {}


def test_an_endpoint_for_names_needs_a_model(tmp_path):
    given = {"INTERLOCK_HOME": str(tmp_path), "INTERLOCK_NAMES_URL": "https://llm.example.com/v1/"}

    values = read_environment({**given, "INTERLOCK_NAMES_MODEL": "small-7b"})

    assert (values["INTERLOCK_NAMES_URL"], values["INTERLOCK_NAMES_KEY"]) == (
        "https://llm.example.com/v1",
        "",
    )
    with pytest.raises(SettingError, match="INTERLOCK_NAMES_MODEL is not; name the model"):
        read_environment(given)


def test_all_faults_are_told_at_once(tmp_path):
    with pytest.raises(SettingError, match=r"INTERLOCK_PORT needs .* INTERLOCK_WORKERS needs"):
        read_environment({"INTERLOCK_HOME": str(tmp_path), "INTERLOCK_PORT": "x", "INTERLOCK_WORKERS": "0"})


def test_a_home_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingError, match="names a file; give a folder"):
        read_environment({"INTERLOCK_HOME": str(tmp_path / "file")})


def test_the_secret_key_is_made_once_and_private(tmp_path):
    first = read_environment({"INTERLOCK_HOME": str(tmp_path)})["INTERLOCK_SECRET_KEY"]
    second = read_environment({"INTERLOCK_HOME": str(tmp_path)})["INTERLOCK_SECRET_KEY"]

    assert first == second
    assert len(first) >= 32
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_who_starts_while_the_key_is_being_made_waits_for_it(tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    (tmp_path / "secret.key").write_text("")

    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(read_environment, {"INTERLOCK_HOME": str(tmp_path)})
        wait([starting], timeout=0.2)
        (tmp_path / "secret.key").write_text("k" * 40)
        os.close(folder)

        assert starting.result(timeout=60)["INTERLOCK_SECRET_KEY"] == "k" * 40


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ann:s%40fe@db.example:6432/app?sslmode=require",
            ("app", "ann", "s@fe", "db.example", "6432", {"sslmode": "require"}),
        ),
        ("postgres://postgres:@/postgres?host=/tmp/pg", ("postgres", "postgres", "", "/tmp/pg", "", {})),
    ],
)
def test_a_postgresql_url_is_taken_apart(tmp_path, url, expected):
    database = read_environment({"INTERLOCK_HOME": str(tmp_path), "DATABASE_URL": url})["DATABASE_URL"]

    assert (
        tuple(database[part] for part in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")) == expected
    )


def test_the_command_stops_with_one_sentence(tmp_path):
    environment = {**os.environ, "INTERLOCK_HOME": str(tmp_path), "INTERLOCK_PORT": "nine"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)

    result = subprocess.run(
        [sys.executable, "-m", "interlock", "doctor"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 2
    assert result.stderr == (
        "Interlock cannot start: INTERLOCK_PORT needs a whole number from 1 to 65535; it is 'nine'.\n"
    )
