"""`interlock serve` keeps its children alive, stops cleanly, and says what is wrong."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psutil
import psycopg
import pytest

from cli.conftest import alive, environment
from ports import free_port

pytestmark = pytest.mark.long


def wait_for(condition, seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_it_serves_prints_the_owner_link_revives_children_and_stops(served):
    """One start serves several looks, since a start takes seconds."""
    assert served.get(served.owner_link().removeprefix(served.address)) == 200

    below = served.children("web_server")[0].children(recursive=True)
    for word in ("web_server", "/worker", "prompt-worker", "/stream"):
        before = served.children(word)[0]
        before.kill()
        assert wait_for(
            lambda word=word, gone=before.pid: [c for c in served.children(word) if c.pid != gone]
        ), word
    served.wait_until_up()
    # Those below a killed web server end with it, or they would go on answering on its port.
    assert wait_for(lambda: not [one for one in below if one.is_running()]), below

    family = psutil.Process(served.process.pid).children(recursive=True)
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(120) == 0
    assert [child for child in family if alive(child)] == []
    assert served.log.read_text().rstrip().endswith("Stopped.")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can end children with a killed parent")
def test_a_killed_parent_leaves_no_children(served):
    family = psutil.Process(served.process.pid).children(recursive=True)

    served.process.kill()
    served.process.wait(120)

    assert wait_for(lambda: not [c for c in family if alive(c)]), [c.cmdline() for c in family if alive(c)]


STUBBORN = """
import os, signal, threading, time
from interlock.cli import web_server
web_server.GRACE_SECONDS = 0.1
signal.signal(signal.SIGTERM, signal.SIG_IGN)
threading.Thread(target=web_server._outlive_nobody, args=[os.getppid()], daemon=True).start()
print(os.getpid(), flush=True)
time.sleep(300)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can end children with a killed parent")
def test_a_web_server_that_does_not_hear_ends_all_the_same():
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}])"
    with subprocess.Popen([sys.executable, "-c", starts], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        stubborn = psutil.Process(int(parent.stdout.readline()))
        assert alive(stubborn)
        parent.kill()

        assert wait_for(lambda: not alive(stubborn))


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        result = subprocess.run(
            [sys.executable, "-m", "interlock", "serve"],
            env=environment(tmp_path, port),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert result.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in result.stderr
    assert "set INTERLOCK_PORT to a free port" in result.stderr


def test_a_home_of_a_newer_version_is_refused_in_a_sentence(tmp_path, migrated_home):
    home = tmp_path / "home"
    environ = environment(home, free_port()) | migrated_home(home)
    home.mkdir(exist_ok=True)
    address = environ.get("DATABASE_URL")
    database = psycopg.connect(address) if address else sqlite3.connect(home / "interlock.sqlite3")
    with closing(database), database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('listen', '9999_unheard', '2030-01-01')"
        )

    result = subprocess.run(
        [sys.executable, "-m", "interlock", "migrate"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: A newer version of Interlock has changed this database (listen.9999_unheard; home {home}). "
        "Start that version, or set INTERLOCK_HOME to another folder. Nothing was changed.\n"
    )
