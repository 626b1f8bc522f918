"""The work page says in plain words what runs, waits, repeats and failed, and lets a person mend it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from interlock.fabric import journal, work
from interlock.fabric.models import Attempt, Event
from interlock.fabric.work import liveness, looking
from interlock.fabric.work.claiming import claim

done: list[str] = []
broken: list[str] = []


@work.task(queue="prompt", attempts=1, title="Send the answers")
def send(name: str) -> None:
    if name in broken:
        raise work.GiveUp("The mailbox refused the password. Renew it under Sources.")
    done.append(name)


@pytest.fixture(autouse=True)
def fresh():
    done.clear()
    broken.clear()


@pytest.fixture
def page(signed_in):
    client = signed_in("lead", "service")
    return lambda query="": " ".join(client.get(reverse("web:work") + query).content.decode().split())


def fail(*names: str) -> list[int]:
    """Let these tasks fail; return their attempts in the same order."""
    broken.extend(names)
    for name in names:
        work.ask(send, name)
        work.run_ready("prompt")
    return list(Attempt.objects.order_by("pk").values_list("pk", flat=True))


def test_an_idle_installation_says_that_nothing_waits_and_who_works(page, settings):
    settings.REPEATED_TASKS = {"interlock.fabric.tasks.clear_old_events": 3600}
    held = liveness.Held(liveness.new_name("worker"))
    held.keep()

    said = page()
    held.let_go()

    assert "Nothing failed, and nothing waits." in said
    assert "one worker runs" in said
    assert "Clear old events away" in said
    assert "Nothing ran in the last 24 hours." in said
    assert "No worker runs" not in said


def test_without_a_worker_the_page_says_so(page):
    assert "No worker runs" in page()


@pytest.mark.real_clock
def test_what_runs_and_waits_is_named_by_title_and_place(page):
    work.ask(send, "a")
    work.ask(send, "b", run_after=timezone.now() + timedelta(minutes=61))
    claim("prompt", 1, worker="prompt worker@shop:4711:0123abcd", now=timezone.now())

    said = page()

    assert "Nothing failed. 1 running, 1 waiting." in said
    assert said.count("Send the answers") == 2
    assert "prompt worker@shop:4711" in said
    assert "0123abcd" not in said
    assert "an hour from now" in said


def test_a_failure_is_told_in_words_and_tried_again(page, client):
    (attempt_id,) = fail("a")
    assert "One task failed and needs you." in page()
    assert "The mailbox refused the password. Renew it under Sources." in page()
    assert "GiveUp" not in page()

    broken.clear()
    answer = client.post(reverse("web:work_again", args=[attempt_id]))

    assert (answer.status_code, work.run_ready("prompt"), done) == (302, 1, ["a"])
    assert "Nothing failed" in page()
    entry = journal.entries_about(Attempt(pk=attempt_id)).first()
    assert (entry.verb, entry.actor) == ("tried again", client.person)


def test_a_failure_is_dropped_once_with_a_line_in_the_journal(page, client):
    (attempt_id,) = fail("a")
    assert page()

    first = client.post(reverse("web:work_drop", args=[attempt_id]))
    second = client.post(reverse("web:work_drop", args=[attempt_id]))

    assert (first.status_code, second.status_code) == (302, 404)
    assert (DBTaskResult.objects.count(), Attempt.objects.count()) == (0, 0)
    assert [e.verb for e in journal.entries_about(Attempt(pk=attempt_id))] == ["dropped", "gave up"]
    assert [e.verb for e in Event.objects.order_by("number")] == ["gave up", "dropped"]


def test_many_failures_stand_on_pages_without_gap_or_double(page, client, monkeypatch):
    monkeypatch.setattr(looking, "SHOWN", 2)
    attempts = fail("a", "b", "c", "d", "e")
    seen, before = [], None

    while True:
        found, further = looking.failed_work(before)
        seen += [one.attempt_id for one in found]
        if further is None:
            break
        before = further

    assert seen == attempts[::-1]
    assert f"?before={attempts[3]}" in page()
    assert 'rel="prev"' in page(f"?before={attempts[3]}")
    assert "5 tasks failed and need you." in page("?before=nonsense")


def ran(seconds, now):
    """Runs of one task that took so long."""
    for second in seconds:
        DBTaskResult.objects.create(
            task_path=send.module_path,
            args_kwargs={"args": [], "kwargs": {}},
            backend_name="default",
            status="SUCCESSFUL",
            started_at=now - timedelta(seconds=second),
            finished_at=now,
        )


@pytest.mark.django_db
@pytest.mark.parametrize(("runs", "told"), [(4, (False, False)), (5, (True, False)), (20, (True, True))])
def test_few_runs_tell_nothing_about_the_next(runs, told):
    now = timezone.now()
    ran([7] * runs, now)

    (row,) = looking.work_of_a_day(now=now)

    assert (row.median_seconds is not None, row.p95_seconds is not None) == told


def test_the_page_says_why_a_duration_is_missing(page):
    ran([7], timezone.now())

    said = page()

    assert "The half is told from 5 runs upward, the 95 in 100 from 20." in said
    assert '<td class="r whitespace-nowrap" data-name="Half took less than">–</td>' in said
    assert '<td class="r whitespace-nowrap" data-name="95 in 100 took less than">–</td>' in said


@pytest.mark.django_db
def test_a_day_is_counted_with_the_usual_and_the_long_time():
    now, rng = timezone.now(), random.Random(3)
    seconds = list(range(1, 101))
    rng.shuffle(seconds)
    ran(seconds, now)
    DBTaskResult.objects.filter(pk=DBTaskResult.objects.first().pk).update(
        finished_at=now - timedelta(hours=25)
    )

    (row,) = looking.work_of_a_day(now=now)

    assert (row.title, row.done, row.failed) == ("Send the answers", 99, 0)
    assert row.median_seconds == pytest.approx(50, abs=1)
    assert row.p95_seconds == pytest.approx(95, abs=1.5)


def test_the_page_costs_the_same_whatever_stands_on_it(page, django_assert_max_num_queries):
    page()
    fail(*"abcdefgh")
    for name in "ijklm":
        work.ask(send, name)

    with django_assert_max_num_queries(18):
        page()


def test_the_rail_speaks_of_work_only_when_something_failed(signed_in):
    client = signed_in("owner")
    rail = '<a class="door" href="/work/"'
    assert rail not in client.get("/people/").content.decode()
    fail("a")

    assert rail in client.get("/people/").content.decode()
    assert "1 failed" in client.get("/people/").content.decode()
    assert 'href="/work/"' in client.get("/more/").content.decode()


def test_a_contributor_hears_nothing_of_it(signed_in):
    client = signed_in("contributor")
    fail("a")

    assert client.get(reverse("web:work")).status_code == 403
    assert "1 failed" not in client.get("/people/").content.decode()


def test_a_page_asks_for_the_stream_and_renews_its_pass(signed_in, settings):
    settings.STREAM_PORT = 8001
    client = signed_in("lead")

    said = client.get(reverse("web:work")).content.decode()
    fresh = client.get("/live/?topic=work&topic=gossip").json()

    assert 'data-stream="http://testserver:8001/events?token=' in said
    assert 'data-stream-again="/live/?topic=work" data-stream-topics="work"' in said
    assert fresh["address"].startswith("http://testserver:8001/events?token=")
    assert client.get("/live/").json() == {"address": ""}
    assert "data-stream" not in client.get("/people/").content.decode()
