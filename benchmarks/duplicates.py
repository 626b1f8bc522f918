"""How long does it take to find the same and nearly the same among 100,000 texts, whatever they are?"""

from __future__ import annotations

import random
import sys
import time

from interlock.analytics.text.duplicates import voice_groups

N = 100_000
LETTER = "Dear team, I object to the new fee for paper invoices that you announced for the coming year and ask you to take it back. Kind regards, "


def main() -> int:
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghijklmnop", k=5)) for _ in range(20_000)]
    cases = {
        "the same text": [LETTER] * N,
        "one letter, another name in each": [LETTER + " ".join(rng.sample(words, 2)) for _ in range(N)],
        "15 words drawn by chance": [" ".join(rng.choices(words, k=15)) for _ in range(N)],
        "15 words out of 30": [" ".join(rng.choices(words[:30], k=15)) for _ in range(N)],
    }
    print(f"{N:,} texts {'groups':>36}{'CPU-s':>8}")
    for name, texts in cases.items():
        began = time.process_time()
        groups = voice_groups(texts)
        print(f"{name:<40}{groups.max() + 1:>8,}{time.process_time() - began:>8.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
