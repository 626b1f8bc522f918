"""Fuzz one target with atheris, in a process of its own: `one.py NAME SECONDS FOLDER`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings_for_tests")

import django

NAME, SECONDS, FOLDER = sys.argv[1:4]


def main() -> None:
    with atheris.instrument_imports(include=["interlock", "fuzz"]):
        django.setup()
        from fuzz.targets import targets  # after the settings

        target = targets()[NAME]
    corpus = Path(FOLDER) / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    flags = [
        f"-max_total_time={SECONDS}", "-timeout=20", "-rss_limit_mb=3000", "-max_len=20000",
        f"-artifact_prefix={FOLDER}/", "-print_final_stats=1", "-verbosity=0",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *flags, str(corpus)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
