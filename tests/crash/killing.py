"""Kill -9 at random moments while eight programs send, start again, and count at the end."""

from __future__ import annotations

import random
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from crash import ledger
from crash.installation import Installation, kill
from crash.senders import Senders

RECOVERY_LIMIT = 300
SETTLING_LIMIT = 180


@dataclass
class Outcome:
    """One run: what was done, and what it did."""

    kills: int
    seconds: float
    acknowledged: int
    requests: int
    retried: int
    replayed: int
    recoveries: list[float]
    counts: dict[str, int]
    faults: list[str]

    @property
    def lost(self) -> int:
        return self.counts["lost"]

    @property
    def duplicate(self) -> int:
        return (
            self.counts["inbox"]
            - self.counts["distinct"]
            + max(0, self.counts["signals"] - self.counts["inbox"])
        )

    def lines(self) -> list[str]:
        recovery = sorted(self.recoveries)
        return [
            f"{self.kills} kills in {self.seconds:.0f} s under 8 senders",
            f"acknowledged {self.acknowledged} signals in {self.requests} requests; {self.retried} sent again, {self.replayed} of them replayed",
            f"lost {self.lost}, duplicate {self.duplicate}",
            f"recovery p50 {statistics.median(recovery):.2f} s, max {recovery[-1]:.2f} s",
            "signals {signals} = inbox {inbox} = arrivals {arrivals_stored} = source {source_stored} = journal {journal_stored}".format(
                **self.counts
            ),
            *(f"FAULT: {fault}" for fault in self.faults),
        ]


def run(home: Path, database_url: str, *, kills: int, seed: int) -> Outcome:
    """Kill the real server so often; return what was lost or doubled."""
    installation = Installation(home, database_url)
    senders = Senders(installation.port, installation.prepare(), seed=seed)
    rng = random.Random(seed)
    started = time.monotonic()
    try:
        installation.start()
        senders.start()
        senders.wait_for_one(started, RECOVERY_LIMIT)
        recoveries = []
        for number in range(1, kills + 1):
            recoveries.append(_kill_once(installation, senders, rng))
            if number % 10 == 0:
                print(
                    f"{number} kills, {len(senders.account.acknowledged)} acknowledged",
                    file=sys.stderr,
                    flush=True,
                )
        finished = senders.stop(RECOVERY_LIMIT)
        _wait_until_settled(installation)
        seconds = time.monotonic() - started
    finally:
        installation.stop()
    account = senders.account
    counts, faults = ledger.faults(installation, account.acknowledged, account.keyed)
    if not finished:
        faults.append("a sender never got an answer")
    faults += account.wrong[:5]
    faults += _journal_faults(installation)
    return Outcome(
        kills, seconds, len(account.acknowledged), account.requests, account.retried, account.replayed,
        recoveries, counts, faults,
    )  # fmt: skip


def run_control(home: Path, database_url: str, *, kills: int, seed: int) -> tuple[int, int]:
    """Do the same to the variant that acknowledges too early; return acknowledged and lost."""
    installation = Installation(home, database_url, early=True)
    senders = Senders(installation.port, installation.prepare(), seed=seed)
    rng = random.Random(seed)
    started = time.monotonic()
    try:
        installation.start()
        senders.start()
        senders.wait_for_one(started, RECOVERY_LIMIT)
        for _ in range(kills):
            time.sleep(rng.uniform(0.1, 0.5))
            at = time.monotonic()
            installation.kill_all()
            installation.start()
            senders.wait_for_one(at, RECOVERY_LIMIT)
        senders.stop(RECOVERY_LIMIT)
        time.sleep(3)  # what was acknowledged last is committed by now
    finally:
        installation.stop()
    counts, _faults = ledger.faults(installation, senders.account.acknowledged, 0)
    return len(senders.account.acknowledged), counts["lost"]


def _kill_once(installation: Installation, senders: Senders, rng: random.Random) -> float:
    """Kill at a random moment; return the seconds until something is acknowledged again."""
    time.sleep(rng.uniform(0.02, 0.5))
    at = time.monotonic()
    chance = rng.random()
    if chance < 0.05:
        installation.kill_all()
        installation.start()
    elif chance < 0.15:
        kill([*installation.task_workers(), *installation.web_workers()])
    else:
        kill(installation.web_workers())
    return senders.wait_for_one(at, RECOVERY_LIMIT)


def _wait_until_settled(installation: Installation) -> None:
    deadline = time.monotonic() + SETTLING_LIMIT
    while ledger.unsettled(installation) and time.monotonic() < deadline:
        time.sleep(0.5)


def _journal_faults(installation: Installation) -> list[str]:
    try:
        installation.interlock("journal", "verify")
    except SystemExit as failed:
        return [str(failed)]
    return []
