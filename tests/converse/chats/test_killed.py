"""A worker that is killed between the post and its note tells no chat twice; one that noted afterwards would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from listen.web_hook import running_chat

SCRIPT = Path(__file__).with_name("killed_telling.py")


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("sender", "posts", "states"),
    [
        (
            "shipped",
            1,
            ["doubtful", "The worker ended while it told this chat, so nobody knows whether that arrived."],
        ),
        pytest.param("no_claim", 2, None, marks=pytest.mark.slow),
    ],
)
def test_a_worker_killed_between_post_and_note_tells_nothing_twice_and_the_control_does(
    tmp_path, migrated_home, sender, posts, states
):
    with running_chat() as server:
        own = {
            **os.environ,
            "INTERLOCK_HOME": str(tmp_path / "home"),
            "INTERLOCK_PRIVATE_HOSTS": f"localhost:{server.port}",
            **migrated_home(tmp_path / "home"),
        }

        def done(*words):
            whole = subprocess.run(
                [sys.executable, str(SCRIPT), *words], env=own, capture_output=True, text=True, check=True
            )
            return whole.stdout

        done("prepare", server.address)
        server.hangs = threading.Event()
        worker = subprocess.Popen([sys.executable, str(SCRIPT), "tell", sender, "0"], env=own)
        while not server.said and worker.poll() is None:  # a loaded machine takes its time to begin
            time.sleep(0.05)
        assert (len(server.said), worker.poll()) == (1, None), "it was to be killed while it waits"
        worker.kill()
        worker.wait()
        server.hangs.set()
        server.hangs = None
        kept = json.loads(done("tell", "shipped", "1", "6", "12"))

    assert len(server.said) == posts
    if states:
        assert kept == states
