"""How quickly do many people read and write the community, beside a bare Django page?

Makes a community (kept in --home, else in a temporary folder), serves it with `interlock serve`, and reads its pages
as visitors do, without a session: by one reader alone, then by 32 at once. Pages come from memory, as nearly all do;
`of 40` asks for so many that most are asked for the first time, and what is `made anew` or has a `rare` product never is the same twice. Then 16
customers who are signed in reply, each as soon as the last reply is stored. The bare page is served by the same server.

    python benchmarks/community.py [--full] [--database sqlite|postgresql] [--home FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import urlencode

from installation import environment
from pages import HERE, READERS, Reader, bare_page, free_port, measured, quantile, serving

sys.path.insert(0, str(HERE.parent / "tests"))

from crash.installation import postgresql  # the one that commits to the disk

SMALL, FULL = (2_000, 20_000), (100_000, 1_000_000)
REPLIES = 320
TOKEN = "t" * 32


def reply_times(port: int, sessions: list[str], addresses: list[str]) -> tuple[list[float], float]:
    """Milliseconds of each reply, and replies a second, with as many writers as there are sessions."""
    taken, faults = [], []

    def write(place: int) -> None:
        writer = Reader(port, {"sessionid": sessions[place], "csrftoken": TOKEN})
        for number in range(place, REPLIES, len(sessions)):
            fields = {"csrfmiddlewaretoken": TOKEN, "words": f"Reply {number} of the benchmark, from a shop."}
            started = time.perf_counter()
            status, content = writer.ask("POST", addresses[number % len(addresses)], urlencode(fields))
            taken.append(1000 * (time.perf_counter() - started))
            if status != 302:
                faults.append(f"A reply was answered with {status}: {content[:300]!r}")
                return

    writers = [threading.Thread(target=write, args=[place]) for place in range(len(sessions))]
    started = time.perf_counter()
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    if faults:
        raise SystemExit(faults[0])
    return taken, len(taken) / (time.perf_counter() - started)


def compare(home: Path, posts: int, replies: int, address: str) -> None:
    """Make the community and print the table. `address`: of the PostgreSQL it lies in, empty for SQLite."""
    environ = environment(home) | ({"DATABASE_URL": address} if address else {})
    load = os.getloadavg()[0]
    print(
        f"A community of {posts:,} posts and {replies:,} replies on {'PostgreSQL' if address else 'SQLite'};"
        f" load before it {load:.1f}.",
        flush=True,
    )
    loading = [sys.executable, HERE / "community_loading.py", home, str(posts), str(replies)]
    subprocess.run(loading, env=environ, check=True, cwd=HERE)
    about = json.loads((home / "community.json").read_text())
    print(f"\n{'':<24}{'':>8}{'':>8}{'alone, ms':>18}{f'{READERS} readers, ms':>19}{'':>9}")
    print(f"{'':<24}{'first':>8}{'CPU':>8}{'p50':>9}{'p99':>9}{'p50':>10}{'p99':>9}{'pages/s':>9}")
    show = "import django; django.setup(); from interlock.cli.serving import web_command as c; print(*c('127.0.0.1', 1), sep='\\n')"
    shown = subprocess.run(
        [sys.executable, "-c", show], env=environ, check=True, capture_output=True, text=True
    )
    bare_page(shown.stdout.split("\n")[:-1], home)
    port = free_port()
    command = [sys.executable, "-m", "interlock", "serve", "--port", str(port)]
    with serving(command, port, environ, home) as pid:
        for name, addresses in about["pages"].items():
            measured(name, port, pid, {}, addresses)
        for name, addresses in about["anew"].items():
            measured(name, port, pid, {}, addresses)
        taken, rate = reply_times(port, about["sessions"], about["replies"])
        print(
            f"\nReplies by {len(about['sessions'])} writers: p50 {quantile(taken, 0.5):.0f} ms,"
            f" p99 {quantile(taken, 0.99):.0f} ms, {rate:.0f} a second."
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="100,000 posts and 1 million replies")
    parser.add_argument("--home", type=Path, help="keep the community here for the next run")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args()
    posts, replies = FULL if asked.full else SMALL
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o755)  # PostgreSQL runs as a user of its own
        folder = (asked.home or Path(temporary)).resolve()
        own = postgresql(folder / f"server-{posts}") if asked.database == "postgresql" else nullcontext("")
        with own as address:
            kept = f"{'postgresql' if address else 'community'}-{posts}"
            compare(folder / kept, posts, replies, address)
    return 0


if __name__ == "__main__":
    sys.exit(main())
