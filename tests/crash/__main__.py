"""./do crash [--kills N] [--database sqlite|postgresql] [--rounds N] [--cuts N]: is anything lost or doubled?

Kills -9 the real server under eight senders, on each database; lets the variant that acknowledges too early
lose something, so that we know the harness would see it; lets fifty requests with one Idempotency-Key race,
round after round, beside some without; and cuts the power in a simulation with the shipped settings of SQLite,
beside weaker ones that must lose. The exit code is 1 unless all of that holds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

CONTROL_KILLS = 5
CONTROL_CUTS = 60
COMMITS = 500


def main() -> int:
    parser = argparse.ArgumentParser(prog="./do crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="for each database; 0: none")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="one of them only")
    parser.add_argument("--rounds", type=int, default=1_000, help="of fifty with one key; 0: none")
    parser.add_argument("--cuts", type=int, default=1_000, help="of the power, in the simulation; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    # Told to end, it stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="interlock-crash-"))
    folder.chmod(0o755)
    done, well = False, True
    try:
        for database in [asked.database] if asked.database else ["sqlite", "postgresql"]:
            if asked.kills:
                well &= _kills(folder / database, database, asked.kills, asked.seed)
            if asked.rounds:
                well &= _rounds(folder / f"{database}-rounds", database, asked.rounds)
        if asked.cuts and asked.database != "postgresql":
            well &= _cuts(folder / "power", asked.cuts, asked.seed)
        done = True
    finally:
        if done and well:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"Databases and logs are kept in {folder}.")
    print("All is well." if well else "NOT WELL")
    return 0 if well else 1


def _kills(folder: Path, database: str, kills: int, seed: int) -> bool:
    from crash import killing  # psutil and threads are not needed for the power
    from crash.installation import postgresql

    print(f"== {database}", flush=True)
    with ExitStack() as stack:
        url = stack.enter_context(postgresql(folder / "server")) if database == "postgresql" else ""
        outcome = killing.run(folder / "home", url, kills=kills, seed=seed)
        print("\n".join(outcome.lines()), flush=True)
    with ExitStack() as stack:
        url = stack.enter_context(postgresql(folder / "control-server")) if database == "postgresql" else ""
        acknowledged, lost = killing.run_control(folder / "control", url, kills=CONTROL_KILLS, seed=seed)
        print(
            f"control, acknowledging before the commit: {lost} of {acknowledged} acknowledged lost",
            flush=True,
        )
    if not lost:
        print("FAULT: the control lost nothing, so this harness would not see a loss")
    return not outcome.faults and outcome.lost == 0 and outcome.duplicate == 0 and lost > 0


def _rounds(folder: Path, database: str, rounds: int) -> bool:
    from crash import at_once  # threads and servers are not needed for the power
    from crash.installation import postgresql

    print(f"== {database}, one key at once", flush=True)
    found = []
    for name, number in (("shipped", rounds), ("control", at_once.CONTROL_ROUNDS)):
        with ExitStack() as stack:
            server = folder / f"{name}-server"
            url = stack.enter_context(postgresql(server)) if database == "postgresql" else ""
            outcome = at_once.run(folder / name, url, rounds=number, with_key=name == "shipped")
            print(f"{name}: {outcome.line()}", flush=True)
            found.append(outcome)
    shipped, control = found
    if control.well:
        print("FAULT: without a key the rounds looked the same, so this harness would not see a double")
    return shipped.well and not control.well


def _cuts(home: Path, cuts: int, seed: int) -> bool:
    home.mkdir(parents=True)
    os.environ["INTERLOCK_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "interlock.config.settings"
    os.environ.pop("DATABASE_URL", None)
    import django  # the home is known from here on

    django.setup()
    from django.core.management import call_command

    from crash import power, recording

    print("== power cuts, SQLite", flush=True)
    call_command("migrate", verbosity=0)
    recording.begin()
    base = recording.copy_of(home / "base.sqlite3")
    commits = recording.record(COMMITS, seed=seed)
    well = True
    for synchronous, number in (("FULL", cuts), ("NORMAL", CONTROL_CUTS)):
        found = power.simulate(
            base, recording.pragmas(), commits, cuts=number, seed=seed, synchronous=synchronous
        )
        shipped = "as shipped" if synchronous == "FULL" else "control"
        print(
            f"{shipped}, synchronous={synchronous}: {found.cuts} cuts in {found.commits} commits;"
            f" {found.losing} lost something acknowledged (at most {found.most_lost}), {found.damaged} damaged",
            flush=True,
        )
        well &= (found.losing == 0 and found.damaged == 0) if synchronous == "FULL" else found.losing > 0
    return well


if __name__ == "__main__":
    sys.exit(main())
