"""Print every figure, one script after the other. `./do bench rules` runs one; `--full` the long versions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NO_BENCHMARK = {
    "run_all",
    "memory",
    "company",
    "installation",
    "bare",
    "usual_import",
    "readers",
    "plain_django",
    "waiting_loading",
    "community_loading",
    "waits_loading",
    "theme_pages_loading",
    "peers",
    "themes_peers",
    "theme_names_peers",
    "feelings_peers",
    "nab_scoring",
    "outcry_injected",
}


def main() -> int:
    arguments = sys.argv[1:]
    named = [word for word in arguments if not word.startswith("-")]
    options = [word for word in arguments if word.startswith("-")]
    scripts = sorted(path for path in HERE.glob("*.py") if path.stem not in NO_BENCHMARK)
    unknown = set(named) - {path.stem for path in scripts}
    if unknown:
        print(
            f"No benchmark is called {', '.join(sorted(unknown))}. There are: {', '.join(p.stem for p in scripts)}."
        )
        return 2
    failed = []
    for script in scripts:
        if named and script.stem not in named:
            continue
        print(f"\n=== {script.stem}", flush=True)
        if subprocess.run([sys.executable, str(script), *options], check=False).returncode:
            failed.append(script.stem)
    if failed:
        print(f"\nNot finished or target missed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
