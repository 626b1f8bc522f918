"""A mailbox, a shop's database and a program feed one company for a day; a worker is killed, one system hangs.

Everything is real: the server as `interlock serve` starts it, Dovecot, SMTP, a database file, HTTP. The hours of
the day stand in the mails and rows; a turn of the story lets every source be due, as if its minutes had passed.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.mailbox.servers import PASSWORD, Post, find_dovecot, running_dovecot, running_smtp
from crash.installation import Installation, kill
from ports import free_port

TURNS = 4
DAY = timedelta(hours=8)
BOX = "service@aldermoor.example"
PATIENCE_SECONDS = 120


class Day:
    """One installation with its three sources, and the hours that pass in it."""

    def __init__(self, installation: Installation, token: str, dovecot: Any, shop: Path) -> None:
        self.installation, self.token, self.dovecot, self.shop = installation, token, dovecot, shop
        self.began = datetime.now(UTC) - DAY
        self.inside: subprocess.Popen[str] | None = None
        self.mails = self.rows = self.posted = self.repeated = self.refused = 0

    def act(self, name: str, **given: Any) -> Any:
        """Do something inside the installation, in one process for the whole day."""
        if self.inside is None:
            self.inside = subprocess.Popen(
                [sys.executable, "-m", "stories.day"], env=self.installation.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        assert self.inside.stdin
        assert self.inside.stdout
        print(json.dumps([name, given]), file=self.inside.stdin, flush=True)
        said = self.inside.stdout.readline()
        assert said, f"{name} failed; its error stands above"
        return json.loads(said)

    def end(self) -> None:
        if self.inside is not None:
            self.inside.communicate()
        self.installation.stop()

    def mail(self, subject: str, text: str, at: datetime, *, name: str = "", reply_to: str = "") -> str:
        self.mails += 1
        name = name or f"customer{self.mails}"
        message, identity = EmailMessage(), f"<{uuid.uuid4()}@{name}.example>"
        message["From"], message["To"], message["Subject"] = f"{name}@{name}.example", BOX, subject
        message["Date"], message["Message-ID"] = at, identity
        if reply_to:
            message["In-Reply-To"] = message["References"] = reply_to
        message.set_content(text)
        self.dovecot.deliver(BOX, message.as_bytes(), at)
        return identity

    def sell(self, at: datetime, count: int) -> None:
        stamp = at.strftime("%Y-%m-%d %H:%M:%S")
        with contextlib.closing(sqlite3.connect(self.shop, timeout=30)) as shop, shop:
            for _ in range(count):
                self.rows += 1
                values = (self.rows, stamp, f"The parcel {self.rows} is late.", f"K{self.rows % 7}", stamp)
                shop.execute("INSERT INTO tickets VALUES (?, ?, ?, ?, ?)", values)

    def post(self, at: datetime, count: int) -> None:
        """Send signals as a careful program does: again under the same key until somebody answers."""
        signals = [
            {"signal_id": f"p{self.posted + number}", "kind": "ticket", "occurred_at": at.isoformat(), "body": "It rattles."}
            for number in range(count)
        ]  # fmt: skip
        signals.append({"signal_id": "bad", "kind": "shrug", "occurred_at": at.isoformat(), "body": "?"})
        signals.append(signals[0])
        self.posted, self.refused, self.repeated = self.posted + count, self.refused + 1, self.repeated + 1
        key = str(uuid.uuid4())
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                answer = httpx.post(
                    f"http://127.0.0.1:{self.installation.port}/api/v1/signals",
                    json=signals, headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}, timeout=30,
                )  # fmt: skip
                if answer.status_code == 202:
                    return
            time.sleep(0.2)
        raise AssertionError("nobody acknowledged the signals")

    def kill_a_worker(self) -> None:
        """Kill -9 what does the background work; the server starts it again."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not kill([one for one in self.installation.task_workers() if "prompt-worker" in one.cmdline()]):
            assert time.monotonic() < deadline, "no worker came back"
            time.sleep(0.1)

    def until(self, reached: Any, what: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        seen: dict[str, Any] = {}
        while time.monotonic() < deadline:
            seen = self.act("look", subjects=["My lamp"])
            if reached(seen):
                return seen
            self.act("ask")
            time.sleep(1)
        raise AssertionError(f"{what} was not reached: {seen}")


@contextlib.contextmanager
def hanging_system() -> Iterator[int]:
    """A server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def day(tmp_path, migrated_home) -> Iterator[tuple[Day, Post]]:
    if not find_dovecot():
        pytest.skip("Dovecot is not installed here; ./do test installs it where it may")
    shop = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(shop)) as made:
        made.execute(
            "CREATE TABLE tickets (id INTEGER PRIMARY KEY, made TEXT, words TEXT, customer TEXT, updated_at TEXT)"
        )
    post = Post()
    with (
        running_dovecot() as dovecot,
        running_smtp(post) as smtp,
        hanging_system() as silent,
    ):
        post.deliver = lambda user, raw: dovecot.deliver(BOX, raw) if user == BOX else None
        installation = Installation(
            tmp_path / "home", migrated_home(tmp_path / "home").get("DATABASE_URL", "")
        )
        installation.environment.pop("DJANGO_SETTINGS_MODULE", None)
        installation.environment |= {
            "INTERLOCK_PRIVATE_HOSTS": "127.0.0.1",
            "INTERLOCK_WATCH_FOLDERS": str(tmp_path),
            "INTERLOCK_STREAM_PORT": str(free_port()),
        }
        made_day = Day(installation, installation.prepare(), dovecot, shop)
        mailbox = {
            "address": BOX, "host": "127.0.0.1", "port": str(dovecot.port), "security": "none", "password": PASSWORD,
            "smtp_host": "127.0.0.1", "smtp_port": str(smtp), "smtp_security": "none",
        }  # fmt: skip
        made_day.act(
            "connect",
            sources={
                "imap": mailbox,
                "database": {"address": f"sqlite:///{shop}"},
                "feed": {"address": f"http://127.0.0.1:{silent}/feed.xml"},
            },
        )
        installation.start()
        try:
            yield made_day, post
        finally:
            made_day.end()


def sign_in(port: int) -> httpx.Client:
    browser = httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60)
    page = browser.get("/account/login/")
    answer = browser.post(
        "/account/login/",
        data={
            "login": "ines@aldermoor.example",
            "password": "correct horse battery staple",
            "csrfmiddlewaretoken": hidden(page.text, "csrfmiddlewaretoken"),
        },
        headers={"Referer": str(page.url)},
    )
    assert answer.status_code == 200, answer.text[:500]
    return browser


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


@pytest.mark.slow
def test_at_the_end_of_the_day_everything_is_accounted_for_and_who_wrote_twice_is_answered_once(day):
    story, post = day
    hour = DAY / (TURNS + 1)

    for turn in range(TURNS):
        now = story.began + (turn + 1) * hour
        if turn == 0:
            first = story.mail("My lamp", "The lamp is broken. Can you help?", now, name="mara")
        if turn == 2:
            story.mail("Re: My lamp", "I still have no light.", now, name="mara", reply_to=first)
        for number in range(3):
            story.mail(f"Question {turn}.{number}", "When does it come?", now + timedelta(minutes=number))
        story.sell(now, 5)
        story.post(now, 20)
        story.act("ask")
        if turn in {1, 2}:
            story.kill_a_worker()
            story.post(now, 5)
            story.act("ask", killed=True)

    heard = story.until(
        lambda seen: (
            seen["sources"]["imap"][0] >= story.mails
            and seen["sources"]["database"][0] >= story.rows
            and seen["signals"] == story.mails + story.rows + story.posted
            and not seen["unsettled"]
        ),
        "the last signal",
    )
    lamp = heard["of"]["My lamp"]
    assert len(lamp) == 2

    with contextlib.closing(sign_in(story.installation.port)) as browser:
        page = browser.get(f"/signals/{lamp[-1]}/")
        form = {name: hidden(page.text, name) for name in ("csrfmiddlewaretoken", "reference", "seen")}
        also = re.findall(r'<input[^>]*name="also"[^>]*value="([^"]*)"[^>]*checked', page.text)
        answer = browser.post(
            f"/signals/{lamp[-1]}/answer/",
            data=form | {"text": "A new lamp is on its way, Mara.", "also": also},
            headers={"Referer": str(page.url)},
        )
    assert answer.status_code == 200
    done = story.until(lambda seen: seen["sent"], "the answer")
    story.act("ask")  # the copy of the answer in the mailbox is no signal

    letters = [
        message_from_bytes(raw, policy=policy.default) for to, raw in post.kept if "mara@mara.example" in to
    ]
    assert len(letters) == 1
    assert "A new lamp" in letters[0].get_body(("plain",)).get_content()
    assert (done["sent"], done["answered"], done["in_time"]) == (["Ines Calder"], 2, 2)
    assert done["waiting"]
    assert not set(done["waiting"]) & set(lamp)

    story.until(lambda seen: seen["sources"]["feed"][4], "the word that one system does not answer")
    sources = story.act("look", subjects=[])["sources"]
    for kind, (received, stored, duplicate, refused, _error) in sources.items():
        assert received == stored + duplicate + refused, kind
    assert sources["api"][:4] == [
        story.posted + story.refused + story.repeated,
        story.posted,
        story.repeated,
        story.refused,
    ]
    assert sources["imap"][1] == story.mails
    assert sources["feed"] == [0, 0, 0, 0, True]
    end = story.act("close_the_day")
    assert end["sound"]
    assert end["records"] == end["signals"] == story.mails + story.rows + story.posted
