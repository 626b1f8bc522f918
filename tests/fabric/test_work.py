"""Work that is asked for is done: once while it waits, again when it fails, and until nobody can help it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from interlock.fabric import journal, work
from interlock.fabric.models import Attempt, Event, Schedule
from interlock.fabric.work import dying, liveness, repeating
from interlock.fabric.work.claiming import claim
from interlock.fabric.work.trying import LONGEST_WAIT_SECONDS, carry_out, wait_before_next

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
done: list[object] = []
fails: list[Exception] = []


@work.task(queue="prompt", attempts=3, first_wait=10, title="Note a letter")
def note(letter: str) -> str:
    if fails:
        raise fails.pop(0)
    done.append(letter)
    return letter


@work.task(queue="prompt", key=lambda letter: f"one for {letter}")
def once(letter: str) -> None:
    done.append(letter)


@work.task(queue="sources", attempts=1)
def fragile() -> None:
    raise ValueError("7 is no colour")


@work.task(key="all")
def tidy() -> None:
    done.append("tidied")


class Busy(Exception):
    seconds = 90.0


@pytest.fixture(autouse=True)
def nothing_done(db, home):
    done.clear()
    fails.clear()


def statuses() -> list[str]:
    return sorted(DBTaskResult.objects.values_list("status", flat=True))


def at(moment: datetime):
    return lambda: moment


def claimed(worker: str, queue: str = "prompt") -> DBTaskResult:
    (row,) = claim(queue, 1, worker=worker, now=timezone.now())
    return row


def test_work_that_is_asked_for_is_done_once():
    work.ask(note, "a")

    assert work.run_ready("prompt") == 1
    assert work.run_ready("prompt") == 0
    assert (done, statuses(), Attempt.objects.count()) == (["a"], ["SUCCESSFUL"], 0)


def test_work_waits_until_its_transaction_commits_and_goes_with_it():
    with transaction.atomic():
        work.ask(note, "a")
        transaction.set_rollback(True)

    assert work.run_ready() == 0


def test_work_for_later_is_not_done_now():
    work.ask(note, "a", run_after=timezone.now() + timedelta(minutes=5))

    assert work.run_ready() == 0


def test_a_failure_is_tried_again_after_a_wait_that_doubles():
    fails.extend([OSError("no route"), OSError("no route")])
    work.ask(note, "a")
    now, waits = timezone.now(), []

    for _try in range(2):
        assert work.run_ready(clock=at(now)) == 1
        run_after = DBTaskResult.objects.get().run_after
        waits.append((run_after - now).total_seconds())
        now = run_after
        DBTaskResult.objects.update(run_after=timezone.now())  # the queue itself looks at the real clock

    assert 5 <= waits[0] <= 10 < waits[1] <= 20
    assert Attempt.objects.get().error == "Unexpected error (OSError): no route"
    assert work.run_ready() == 1
    assert (done, statuses(), Attempt.objects.count()) == (["a"], ["SUCCESSFUL"], 0)


def test_an_error_may_name_its_own_wait():
    fails.append(Busy("come back in 90 s"))
    work.ask(note, "a")

    work.run_ready(clock=at(NOON))

    assert DBTaskResult.objects.get().run_after == NOON + timedelta(seconds=90)


def test_work_that_fails_every_time_is_given_up_aloud():
    fails.extend(Busy(f"try {n}") for n in range(9))
    for error in fails:
        error.seconds = 0.0
    work.ask(note, "a")

    assert work.run_ready() == 3
    attempt = Attempt.objects.get()
    entry = journal.entries_about(attempt).get()
    assert (attempt.number, attempt.given_up, attempt.error) == (3, True, "Unexpected error (Busy): try 2")
    assert (entry.verb, entry.actor, entry.detail["tries"]) == ("gave up", None, 3)
    assert [e.verb for e in Event.objects.order_by("number")] == ["waits again", "waits again", "gave up"]
    assert statuses() == ["FAILED"]


def test_an_error_for_good_is_not_tried_again(caplog):
    fails.append(work.GiveUp("The address does not exist."))
    work.ask(note, "a")

    assert work.run_ready() == 1
    assert (Attempt.objects.get().number, statuses()) == (1, ["FAILED"])
    assert [line.exc_info for line in caplog.records] == [None]


def test_only_what_nobody_foresaw_is_logged_with_its_way(caplog):
    unforeseen = ZeroDivisionError("division by zero")
    given_up = work.GiveUp("It broke off.")
    given_up.__cause__ = unforeseen
    fails.extend([given_up])
    work.ask(note, "a")

    work.run_ready()

    assert [line.exc_info[1] for line in caplog.records] == [unforeseen]


def test_a_task_that_this_version_does_not_know_is_given_up():
    work.ask(note, "a")
    DBTaskResult.objects.update(task_path="interlock.listen.tasks.gone")

    work.run_ready()

    assert Attempt.objects.get().given_up


def test_the_same_work_waits_once_and_once_more_while_it_runs():
    assert work.ask(once, "a") is True
    assert work.ask(once, "a") is False
    assert work.ask(once, "b") is True

    first = claimed("one")
    assert work.ask(once, "a") is True
    assert work.ask(once, "a") is False
    others = claim("prompt", 5, worker="two", now=timezone.now())

    # The second of "a" is not begun beside the first.
    assert [row.args_kwargs["args"] for row in (first, *others)] == [["a"], ["b"]]
    for row in (first, *others):
        carry_out(row, rng=random.Random(1))
    assert work.run_ready() == 1
    assert done == ["a", "b", "a"]


def test_waiting_doubles_are_folded_into_one():
    """Two callers at the same moment cannot see each other's row on PostgreSQL."""
    work.ask(once, "a")
    Attempt.objects.update(key="hidden meanwhile")
    work.ask(once, "a")
    Attempt.objects.update(key="one for a")

    assert work.run_ready() == 1
    assert (done, statuses()) == (["a"], ["SUCCESSFUL"])


def test_asking_sooner_brings_waiting_work_forward_but_not_a_failed_one():
    later = timezone.now() + timedelta(hours=1)
    work.ask(once, "a", run_after=later)
    work.ask(once, "a")
    assert work.run_ready() == 1

    work.ask(once, "b")
    row = claimed("one")
    DBTaskResult.objects.filter(pk=row.pk).update(status="READY", run_after=later)
    assert work.ask(once, "b") is False
    assert work.run_ready() == 0


def test_the_wait_doubles_is_spread_and_never_exceeds_an_hour():
    rng = random.Random(7)
    waits = [[wait_before_next(tries, 5, rng) for _n in range(400)] for tries in range(1, 40)]

    for tries, found in enumerate(waits, start=1):
        full = min(LONGEST_WAIT_SECONDS, 5 * 2 ** (tries - 1))
        assert full / 2 <= min(found) <= max(found) <= full
        assert mean(found) == pytest.approx(0.75 * full, rel=0.05)


def test_a_queue_takes_only_its_own_work():
    work.ask(note, "a")
    assert claim("sources", 5, worker="one", now=NOON) == []

    assert work.run_ready("default", "sources") == 0


def test_a_finished_try_that_was_given_to_another_worker_changes_nothing():
    work.ask(note, "a")
    row = claimed("slow")
    DBTaskResult.objects.update(started_at=NOON)  # as if taken up anew

    assert carry_out(row, rng=random.Random(1)) is False
    assert statuses() == ["RUNNING"]


def test_work_of_a_dead_worker_is_taken_up_at_the_second_look_and_counts_as_a_try():
    work.ask(note, "a")
    claimed(liveness.new_name("prompt"))
    watch = dying.Watch("watcher")

    assert watch.look(busy=(), rng=random.Random(1), now=timezone.now()) == 0
    assert watch.look(busy=(), rng=random.Random(1), now=timezone.now()) == 1
    assert work.run_ready() == 1
    assert (done, len(DBTaskResult.objects.get().worker_ids)) == (["a"], 2)


def test_work_of_a_living_worker_is_left_alone():
    work.ask(note, "a")
    name = liveness.new_name("prompt")
    held = liveness.Held(name)
    held.keep()
    held.keep()
    claimed(name)
    watch = dying.Watch("watcher")

    looks = [watch.look(busy=(), rng=random.Random(1), now=timezone.now()) for _n in range(3)]
    held.let_go()

    assert (looks, statuses()) == ([0, 0, 0], ["RUNNING"])


def test_work_that_the_own_process_lost_is_taken_up_too():
    work.ask(note, "a")
    row = claimed("me")
    watch = dying.Watch("me")

    watch.look(busy=[row.pk], rng=random.Random(1), now=timezone.now())
    assert watch.look(busy=[row.pk], rng=random.Random(1), now=timezone.now()) == 0
    watch.look(busy=[], rng=random.Random(1), now=timezone.now())
    assert watch.look(busy=[], rng=random.Random(1), now=timezone.now()) == 1


def test_work_that_kills_its_worker_each_time_is_given_up():
    work.ask(note, "a")
    watch = dying.Watch("watcher")

    for _death in range(3):
        DBTaskResult.objects.update(run_after=timezone.now())
        claimed(liveness.new_name("prompt"))
        watch.look(busy=(), rng=random.Random(1), now=timezone.now())
        watch.look(busy=(), rng=random.Random(1), now=timezone.now())

    assert statuses() == ["FAILED"]
    assert Attempt.objects.get().error == "The process that did this ended before it was done."


def test_a_repeated_task_is_asked_for_when_due_and_missed_times_are_one(settings):
    path = f"{__name__}.fragile"
    settings.REPEATED_TASKS = {path: 60}

    ticks = [
        repeating.tick(now=NOON + timedelta(seconds=seconds)) for seconds in (0, 1, 59, 60, 61, 3601, 3602)
    ]

    assert ticks == [[path], [], [], [path], [], [path], []]
    schedule = Schedule.objects.get()
    assert schedule.last_at == NOON + timedelta(seconds=3601)
    assert schedule.next_at == NOON + timedelta(seconds=3660)
    assert DBTaskResult.objects.count() == 1  # it waits once only


def test_a_repeated_task_with_a_key_of_its_own_waits_once_whoever_asks(settings):
    settings.REPEATED_TASKS = {f"{__name__}.tidy": 60}
    work.ask(tidy)

    repeating.tick(now=NOON)

    assert DBTaskResult.objects.count() == 1


def test_a_shortened_period_holds_at_once(settings):
    path = f"{__name__}.fragile"
    settings.REPEATED_TASKS = {path: 86_400}
    repeating.tick(now=NOON)
    settings.REPEATED_TASKS = {path: 60}

    assert repeating.tick(now=NOON + timedelta(seconds=30)) == [path]
    assert repeating.tick(now=NOON + timedelta(seconds=31)) == []


def test_an_idle_tick_and_an_idle_claim_cost_plain_reads(django_assert_num_queries, settings):
    settings.REPEATED_TASKS = {f"{__name__}.fragile": 60}
    repeating.tick(now=NOON)

    with django_assert_num_queries(3):
        repeating.tick(now=NOON + timedelta(seconds=5))
        claim("prompt", 2, worker="one", now=NOON)


def test_every_repeated_task_of_this_product_exists_and_has_a_title(settings):
    titles = {path: work.title_of(path) for path in settings.REPEATED_TASKS}

    assert titles
    assert [path for path, title in titles.items() if title.lower().replace(" ", "_") in path] == []


def test_finished_work_is_cleared_away_and_recent_work_stays():
    work.ask(note, "old")
    work.ask(note, "new")
    work.run_ready()
    DBTaskResult.objects.filter(args_kwargs__args=["old"]).update(
        finished_at=timezone.now() - timedelta(days=3)
    )

    from interlock.fabric.tasks import clear_finished_work  # named by path in the settings

    assert clear_finished_work.call() == 1
    assert DBTaskResult.objects.get().args_kwargs["args"] == ["new"]
