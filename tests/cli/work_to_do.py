"""Tasks and questions for the tests of killed workers; run as a script in the installation under test.

A line `ask a b` asks for the letters a and b, `show` for what became of all of them; each is answered by one line.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.db import transaction

from interlock.fabric import work

# Who is slow for the first time waits to be killed, and for the third time to be asked to end.
SLOW_SECONDS = {1: 600, 3: 3}


@work.task(queue="prompt", attempts=3, first_wait=1)
def deliver(name: str) -> None:
    """Write one row, slowly and in one transaction; the file tells how often it was begun."""
    from interlock.fabric.models import Team  # after the set-up

    with begun().open("a") as file:
        file.write(f"{name}\n")
    with transaction.atomic():
        number = Team.objects.filter(key__startswith="letter").count()
        time.sleep(SLOW_SECONDS.get(begun().read_text().split().count("slow"), 0) if name == "slow" else 0)
        Team.objects.create(key=f"letter {number} {name}", name=name, function="service")


def begun() -> Path:
    return settings.HOME / "begun.txt"


def show() -> dict[str, list[object]]:
    from django_tasks_db.models import DBTaskResult  # after the set-up

    from interlock.fabric.models import Team

    rows = DBTaskResult.objects.filter(task_path="work_to_do.deliver").order_by("enqueued_at")
    return {
        "delivered": sorted(Team.objects.values_list("name", flat=True)),
        "states": [row.status for row in rows],
        "workers": [len(row.worker_ids) for row in rows],
        "begun": begun().read_text().split() if begun().exists() else [],
    }


def main() -> None:
    from work_to_do import deliver as task  # by the path under which a worker finds it

    for line in sys.stdin:
        act, *names = line.split()
        for name in names:
            work.ask(task, name)
        print(json.dumps(show() if act == "show" else "asked"), flush=True)


if __name__ == "__main__":
    main()
