"""Fuzz every parser for a while: `./do fuzz [NAME ...] [--seconds 20]`.

Each target runs first under Hypothesis (inputs of the right shape), then under atheris (libFuzzer's coverage-guided
bytes) in a process of its own, so that a crash of native code is seen too. The control holds a planted fault that
both must find; a run in which it is not found fails. What broke a parser is kept and its path printed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings_for_tests")

import django
from hypothesis import HealthCheck, Phase, given, settings


def under_hypothesis(target, seconds: float) -> tuple[int, str]:
    """Return how many inputs were tried and the first fault, if any."""
    deadline = time.monotonic() + seconds
    tried = 0

    @settings(max_examples=100, deadline=None, database=None, print_blob=False,
              phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(target.inputs)
    def attempt(content: bytes) -> None:
        nonlocal tried
        tried += 1
        target(content)

    while time.monotonic() < deadline:
        try:
            attempt()
        except Exception as error:  # whatever escapes a parser is what is looked for
            return tried, f"{type(error).__name__}: {error}"
    return tried, ""


def under_atheris(name: str, seconds: int, folder: Path) -> tuple[int, str]:
    """Return how many inputs were tried and what broke, if anything did."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(Path(__file__).with_name("one.py")), name, str(seconds), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds * 3 + 120, check=False)
    out = done.stdout + done.stderr
    tried = re.search(r"stat::number_of_executed_units:\s*(\d+)", out)
    broke = next(
        (str(path) for path in folder.iterdir() if re.match(r"(crash|timeout|oom|leak)-", path.name)), ""
    )
    if done.returncode and not broke:
        broke = out.strip().splitlines()[-1] if out.strip() else f"exit code {done.returncode}"
    last = re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception|Refused)\b.*$", out, re.MULTILINE)
    return int(tried[1]) if tried else 0, f"{last[-1] if last else 'broke'}  [{broke}]" if broke else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=int, default=20, help="for each parser and engine")
    arguments = parser.parse_args()
    django.setup()
    from fuzz.targets import targets  # after the settings

    known = targets()
    unknown = set(arguments.names) - set(known)
    if unknown:
        print(f"No parser is called {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="interlock-fuzz-"))
    failed = []
    print(f"{'parser':<18}{'Hypothesis':>12}{'atheris':>12}   verdict")
    for name, target in known.items():
        if arguments.names and name not in arguments.names:
            continue
        tried, fault = under_hypothesis(target, arguments.seconds)
        executed, broke = under_atheris(name, arguments.seconds, folder / name)
        found = [text for text in (fault, broke) if text]
        well = len(found) == 2 if name == "control" else not found
        verdict = (
            "planted fault found by both" if name == "control" and well else "; ".join(found) or "no fault"
        )
        print(f"{name:<18}{tried:>12,}{executed:>12,}   {verdict}", flush=True)
        if not well:
            failed.append(name)
    print(f"\nNot well: {', '.join(failed)}" if failed else "\nEvery parser held.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
