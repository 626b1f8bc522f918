"""How long do the pages of themes and the search by meaning take with a million signals and 2,000 themes?

On the installation that `waiting.py` makes (SQLite), with themes written on top: every page alone through real HTTP.
The limit holds for the median; the exit code is 1 when a page misses it.

    python benchmarks/theme_pages.py [--small] [--home FOLDER] [--pages WORD]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from installation import environment
from pages import free_port, serving
from themes import TRAIN, questions
from waiting import HERE, REQUESTS, SIGNALS, read_pages, web_process

WAITING = 20_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="a tenth of the signals")
    parser.add_argument("--full", action="store_true", help="the same as without")
    parser.add_argument("--home", help="where the installation is kept for another run")
    parser.add_argument("--pages", default="", help="only pages whose name holds this")
    asked = parser.parse_args()
    home = made(asked.home, asked.small)
    if home is None:
        return 0
    environ = environment(home)
    pages = json.loads((home / "themes.json").read_text())
    port = free_port()
    with serving(web_server(environ, port), port, environ, home) as pid:
        print(f"\n{home.name}: 2,000 themes; {REQUESTS} requests each, load {os.getloadavg()[0]:.1f}")
        asked_for = {name: found for name, found in pages.items() if asked.pages in name}
        return 0 if read_pages(port, asked_for, [web_process(pid)]) else 1


def web_server(environ: dict[str, str], port: int) -> list[str]:
    """The command of the web processes alone: workers would read a million unread signals meanwhile."""
    show = f"import django; django.setup(); from interlock.cli.serving import web_command as c; print(*c('127.0.0.1', {port}), sep='\\n')"
    shown = subprocess.run(
        [sys.executable, "-c", show], env=environ, check=True, capture_output=True, text=True
    )
    return shown.stdout.split("\n")[:-1]


def made(folder: str | None, small: bool) -> Path | None:
    """The home of the installation, made unless it is there; None without the texts that the themes are made of."""
    if not TRAIN.exists():
        print(f"{TRAIN} is not there: nothing was measured.")
        return None
    signals = SIGNALS // (10 if small else 1)
    home = Path(folder or tempfile.mkdtemp(prefix="interlock-themes-")) / f"{signals}-signals"
    home.mkdir(parents=True, exist_ok=True)
    texts = list(dict.fromkeys(questions()[0]))
    (home / "texts.json").write_text(json.dumps(texts))
    loading = (
        f"import json, waiting_loading, theme_pages_loading; waiting_loading.load({signals}, {WAITING}); "
        f"theme_pages_loading.load(json.load(open({str(home / 'texts.json')!r})), {signals})"
    )
    environ = environment(home) | {"PYTHONPATH": str(HERE)}
    subprocess.run([sys.executable, "-c", loading], env=environ, check=True, cwd=HERE)
    return home


if __name__ == "__main__":
    raise SystemExit(main())
