"""How long does counting the loop take over a million signals and 2,000 themes, and how long do its pages?

    python benchmarks/loop.py [--signals 1000000] [--themes 2000]

Half of the themes are decided, a tenth of the signals answered, 20,000 clocks closed with a yes, 2,000 people told. Rows are
written past the ORM into a home of its own. SQLite, unless DATABASE_URL names another.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

AT_ONCE = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=1_000_000)
    parser.add_argument("--themes", type=int, default=2_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["INTERLOCK_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "interlock.config.settings"
        import django  # the settings read the home when they are imported

        django.setup()
        from interlock.cli.serving import prepare_database

        prepare_database()
        now = datetime.now(UTC)
        took("written", lambda: load(asked.signals, asked.themes, now))
        measure(now)


def load(signals: int, themes: int, now: datetime) -> None:
    from django.db import transaction

    from interlock.fabric.models import Person, User
    from interlock.listen import first_copy, search
    from interlock.listen.bulk_rows import upsert
    from interlock.listen.models import Answer, AnsweredSignal, Clock, Signal, Source, ThemedSignal
    from interlock.listen.themes.placing import THEMED
    from interlock.listen.themes.weeks import week_of

    user = User.objects.create_user("lead@example.com", "correct horse battery staple")
    lead = Person.objects.create(user=user, name="Lena Fuchs", role="lead", functions=["service"])
    source = Source.objects.create(key="desk", name="Desk", kind="api", made_at=now)
    groups = made_themes(themes, lead, now)
    answer = Answer.objects.create(author=lead, text="Done.", made_at=now, state="sent", sent_at=now)
    one = Signal(source=source, kind="ticket", body="Late.", copy_hash=0)
    empty = {"id": 0} | {
        f.name: getattr(one, f.attname) for f in Signal._meta.concrete_fields if f.name != "id"
    }
    search.let_words_wait(True)
    first_copy.put_indexes_off()
    for first in range(0, signals, AT_ONCE):
        numbers = range(first + 1, min(first + AT_ONCE, signals) + 1)
        said = {n: now - timedelta(minutes=n % 500_000) for n in numbers}
        with transaction.atomic():
            rows = [
                tuple((empty | {"id": n, "key": f"s{n}", "occurred_at": said[n]}).values()) for n in numbers
            ]
            upsert(Signal, list(empty), rows)
            themed = [
                (n, groups[n % len(groups)], said[n], 0.8, week_of(said[n]), n // 2, n, True, 0)
                for n in numbers
            ]
            upsert(ThemedSignal, THEMED, themed)
            AnsweredSignal.objects.bulk_create(
                AnsweredSignal(answer=answer, signal_key=f"s{n}") for n in numbers if n % 10 == 0
            )
            Clock.objects.bulk_create(
                Clock(signal_key=f"s{n}", kind="ticket", source=source, stage="closed_confirmed", opened_at=said[n],
                      due_at=now, stopped_at=now, closed_at=now)
                for n in numbers if n % 50 == 0
            )  # fmt: skip
    first_copy.catch_up_indexes()
    search.catch_up_words()
    told(lead, now)


def made_themes(themes: int, lead: Any, now: datetime) -> list[int]:
    """Themes with a group each; every other one is decided for two months. Their groups' numbers."""
    from interlock.listen.models import Cluster, Theme

    at = now - timedelta(days=60)
    made = Theme.objects.bulk_create(
        Theme(key=f"theme-{n}", name=f"Theme {n}", began_at=now, found_at=now, function=("product", "sales")[n % 2],
              question="Which?", **({"decision": "A latch.", "decided_at": at, "decided_by": lead} if n % 2 else {}))
        for n in range(themes)
    )  # fmt: skip
    groups = Cluster.objects.bulk_create(
        Cluster(key=f"g{n}", theme=one, centre=b"", weight=1) for n, one in enumerate(made)
    )
    return [one.pk for one in groups]


def told(lead: Any, now: datetime) -> None:
    """A closure of 2,000 people, of whom half said yes."""
    from interlock.converse.models import Closure, ToldPerson, ToldSignal
    from interlock.listen.models import AnswerRound, Theme

    theme = Theme.objects.get(key="theme-1")
    made = AnswerRound.objects.create(
        reference=uuid4(), theme=theme, by=lead, text="", made_at=now, sends_at=now, recipients=[]
    )
    closure = Closure.objects.create(
        theme=theme, decision="A latch.", decided_at=theme.decided_at, texts={"en": "A latch."}, customers=2_000,
        first_said_at=now, by=lead, made_at=now, round=made,
    )  # fmt: skip
    people = ToldPerson.objects.bulk_create(
        ToldPerson(
            closure=closure, key=f"k{n}", reference=uuid4(), told_at=now, choice="yes" if n % 2 else ""
        )
        for n in range(2_000)
    )
    ToldSignal.objects.bulk_create(
        ToldSignal(person=one, signal_key=f"s{n + 1}") for n, one in enumerate(people)
    )


def measure(now: datetime) -> None:
    from django.test import Client
    from django.urls import reverse

    from interlock.converse.loop import counting
    from interlock.fabric.models import User

    took("the loop counted", lambda: counting.count(now=now))
    took("the loop counted again", lambda: counting.count(now=now))
    browser = Client(headers={"host": "localhost"})
    browser.force_login(User.objects.get())
    for name, address in (
        ("the ledger", reverse("loop:ledger")),
        ("rows that are told", reverse("loop:rows", args=["theme-1", "told"])),
        ("a signal with its six steps", reverse("listen:signal", args=[1_001])),
        ("whom to tell", reverse("loop:tell", args=["theme-1"])),
        ("you said, we did", reverse("loop:you_said")),
    ):
        browser.get(address)
        times = sorted(timed(lambda address=address: browser.get(address)) for _try in range(9))
        print(f"{name}: {1000 * times[4]:.0f} ms (median of nine, one reader)", flush=True)


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def took(name: str, work: Callable[[], Any]) -> None:
    print(f"{name}: {timed(work):.1f} s", flush=True)


if __name__ == "__main__":
    main()
