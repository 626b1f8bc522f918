"""What the story of a day does inside the installation: a line `["act", {...}]` in, one JSON line out."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")

import django

django.setup()  # the imports below need it

from django.db.models import F, Sum  # noqa: E402
from django.utils import timezone  # noqa: E402

from interlock.connectors.live_registry import live_connectors  # noqa: E402
from interlock.fabric import journal, records  # noqa: E402
from interlock.fabric.models import Person, User  # noqa: E402
from interlock.listen import flushing  # noqa: E402
from interlock.listen.live_sources import Terms, make_source, resume_source  # noqa: E402
from interlock.listen.models import Answer, AnsweredSignal, Clock, InboxRow, Signal, Source  # noqa: E402
from listen.watched import MAPPING  # noqa: E402

PASSWORD = "correct horse battery staple"


def connect(given: dict[str, Any]) -> dict[str, Any]:
    """Make Ines of service, and the mailbox, the shop's database and a feed of a system that hangs."""
    user = User.objects.create_user("ines@aldermoor.example", PASSWORD)
    ines = Person.objects.create(user=user, name="Ines Calder", role="owner", functions=["service"])
    now = timezone.now()
    for kind, answers in given["sources"].items():
        connector = live_connectors()[kind]
        made = make_source(connector=connector, terms=Terms(kind, 60), answers=answers, by=ines, now=now)
        if kind == "database":
            Source.objects.filter(pk=made.pk).update(
                mapping=MAPPING.replace("constant: ticket", "constant: complaint")
            )
        resume_source(source=made, by=ines, now=now)
    return {}


def ask(given: dict[str, Any]) -> dict[str, Any]:
    """Let every source be due, and answers go out, as if the minutes had passed."""
    now = timezone.now()
    due = Source.objects.exclude(ask_every=None)
    if not given.get("killed"):
        # The system that hangs keeps its asking until its time is over.
        due = due.exclude(kind="feed")
    due.update(ask_at=now, asked_until=None)
    Answer.objects.filter(state="waiting").update(try_at=now)
    return {}


def look(given: dict[str, Any]) -> dict[str, Any]:
    """How far everything is, and whether it adds up."""
    return {
        "sources": {
            source.kind: [
                source.received,
                source.stored,
                source.duplicate,
                source.refused,
                bool(source.error),
            ]
            for source in Source.objects.all()
        },
        "signals": Signal.objects.count(),
        "unsettled": InboxRow.objects.filter(settled=False).count(),
        "waiting": list(
            Signal.objects.filter(
                key__in=Clock.objects.filter(stopped_at=None).values("signal_key")
            ).values_list("pk", flat=True)
        ),
        "sent": list(Answer.objects.filter(state="sent").values_list("author__name", flat=True)),
        "answered": AnsweredSignal.objects.filter(answer__state="sent").count(),
        "in_time": Clock.objects.filter(
            signal_key__in=AnsweredSignal.objects.values("signal_key"), stopped_at__lte=F("due_at")
        ).count(),
        "of": {
            subject: list(
                Signal.objects.filter(title__contains=subject)
                .order_by("occurred_at")
                .values_list("pk", flat=True)
            )
            for subject in given["subjects"]
        },
    }


def close_the_day(given: dict[str, Any]) -> dict[str, Any]:
    """Write everything into the records, and verify the journal."""
    flushing.flush(now=timezone.now() + timedelta(minutes=1))
    verdict = journal.verify()
    return {
        "records": records.snapshot().counts.get("signals", 0),
        "signals": Signal.objects.count(),
        "sound": verdict.sound,
        "stored": Source.objects.aggregate(all=Sum("stored"))["all"],
    }


if __name__ == "__main__":
    acts = {act.__name__: act for act in (connect, ask, look, close_the_day)}
    for line in sys.stdin:
        name, given = json.loads(line)
        print(json.dumps(acts[name](given)), flush=True)
