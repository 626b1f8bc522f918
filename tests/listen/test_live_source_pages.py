"""Connecting a system on pages that work without script: asked, tried, started, watched, paused, taken back, removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from interlock.connectors import live_registry
from interlock.connectors.live import NotTaken, Unauthorised
from interlock.fabric import tokens, work
from interlock.listen import asking_tasks, flushing, live_sources, settling
from interlock.listen.models import Arrival, InboxRow, RefusedRow, Signal, Source
from listen.scripted import CANARY, NOON, Desk, connected, ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(monkeypatch, home):
    """The desk as the only connector of this installation."""
    desk = Desk(tickets=4)
    found = live_registry.Found(
        {"desk": desk}, ("The connector x of the package y is left out: it is broken.",)
    )
    monkeypatch.setattr(live_registry, "found_connectors", lambda: found)
    from interlock.listen.views import source as view

    monkeypatch.setattr(view, "found_connectors", lambda: found)
    return desk


def filled(**more: object) -> dict[str, object]:
    return {
        "name": "Help desk",
        "asked_address": "https://desk.example",
        "asked_token": CANARY,
        "asked_what": "all",
        "purpose": "To hear what customers ask.",
        "minutes": "5",
        **more,
    }


def connect(client, **more: object):
    return client.post(reverse("listen:new_source", args=["desk"]), filled(**more))


def act(client, source: Source, what: str, **more: object):
    return client.post(reverse("listen:source_act", args=[source.pk, what]), more)


def page(client, source: Source) -> str:
    return client.get(reverse("listen:source", args=[source.pk])).text


def test_a_system_is_connected_tried_and_started(signed_in, desk):
    client = signed_in("lead")
    assert "Desk" in client.get(reverse("listen:connect")).text
    assert "To hear what customers ask." in client.get(reverse("listen:new_source", args=["desk"])).text

    response = connect(client)
    source = Source.objects.get()
    assert response.url == reverse("listen:source", args=[source.pk])
    assert "Help desk is being tried; nothing is stored." in page(client, source)
    work.run_ready("sources")
    tried = page(client, source)
    assert "The desk holds 4 tickets." in tried
    assert "The bike 4 came late" in tried
    assert (InboxRow.objects.count(), Source.objects.get().received) == (0, 0)
    act(client, source, "resume")
    work.run_ready("sources")

    started = page(client, source)
    assert "What became of 4 records" in started
    assert (Source.objects.get().stored, InboxRow.objects.count()) == (4, 4)
    assert "canary" not in tried + started + client.get(reverse("listen:sources")).text


def test_what_would_be_refused_is_said_before_anything_is_stored(signed_in, desk):
    desk.tickets = [ticket(1), ticket(2, occurred_at="soon"), ticket(3, rating="many")]
    desk.refused = (NotTaken("ticket 0", "it holds no text", "body"),)
    client = signed_in("owner")
    connect(client)

    work.run_ready("sources")

    tried = page(client, Source.objects.get())
    assert "One record as it would be stored;" in tried
    assert "3 would be refused." in tried
    assert "it holds no text" in tried
    assert RefusedRow.objects.count() == 0


def test_a_connection_that_does_not_work_says_why_in_words(signed_in, desk):
    def refuse(number: int) -> None:
        raise Unauthorised(f"Desk refused the credentials {CANARY} (401). Renew them.")

    desk.before_page = refuse
    client = signed_in("owner")
    connect(client)
    work.run_ready("sources")

    tried = page(client, Source.objects.get())

    assert "The connection does not work" in tried
    assert "Desk refused the credentials … (401). Renew them." in tried


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"asked_address": ""}, "This field is required."),
        ({"asked_token": ""}, "This field is required."),
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"asked_what": "some"}, "Select a valid choice"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_kept(signed_in, desk, wrong, said):
    response = connect(signed_in("owner"), **wrong)

    assert (response.status_code, Source.objects.count()) == (422, 0)
    assert said in response.text
    assert "canary" not in response.text


def test_a_name_that_is_taken_is_said_at_the_name(signed_in, desk):
    client = signed_in("owner")
    connect(client)

    response = connect(client, name="HELP DESK")

    assert response.status_code == 422
    assert "There is a source “HELP DESK” already" in response.text


def test_the_form_offers_a_name_that_is_free(signed_in, desk):
    client = signed_in("owner")
    url = reverse("listen:new_source", args=["desk"])
    connect(client, name="desk")
    connect(client, name="Desk 2")

    assert client.get(url).context["form"]["name"].value() == "Desk 3"


def test_a_trial_is_shown_until_the_source_was_asked(signed_in, desk):
    client = signed_in("owner")
    connect(client)
    source = Source.objects.get()
    assert 'hx-select-oob="#source-title"' in page(client, source)
    work.run_ready("sources")
    tried = page(client, source)

    act(client, source, "resume")
    work.run_ready("sources")

    assert "The connection works" in tried
    assert "The connection works" not in page(client, source)


def test_settings_say_that_a_secret_is_kept_and_keep_it(signed_in, desk):
    client = signed_in("owner")
    source = connected(desk)
    url = reverse("listen:source_settings", args=[source.pk])
    shown = client.get(url).text
    assert "Kept, and not shown. Fill it in only to replace it." in shown
    assert "canary" not in shown

    client.post(url, filled(asked_token="", minutes="10", silent_hours="2", answer_hours="24"))

    source.refresh_from_db()
    assert (source.ask_every, source.freshness_limit, source.answer_hours) == (600, 7200, 24)
    assert live_sources.answers_of(source)["token"] == CANARY


def test_another_address_asks_for_the_secret_again(signed_in, desk):
    client = signed_in("lead")
    source = connected(desk)
    url = reverse("listen:source_settings", args=[source.pk])

    response = client.post(url, filled(asked_token="", asked_address="https://elsewhere.example"))

    assert response.status_code == 422
    assert "Enter the credentials again" in response.text
    source.refresh_from_db()
    assert source.connection["address"] == "https://desk.example"


def test_a_source_is_paused_resumed_and_asked_now(signed_in, desk):
    client = signed_in("lead")
    source = connected(desk)

    act(client, source, "pause")
    work.run_ready("sources")
    assert (Source.objects.get().received, "Paused: nobody asks it" in page(client, source)) == (0, True)
    act(client, source, "resume", **{"from": "sources"})
    work.run_ready("sources")
    assert Source.objects.get().received == 4
    desk.tickets.append(ticket(5))
    act(client, source, "ask")
    work.run_ready("sources")
    assert Source.objects.get().received == 5
    assert act(client, source, "dance").status_code == 404


def test_a_program_that_sends_is_paused_and_let_in_again(signed_in, client):
    now = timezone.now()
    token, text = tokens.make_token(name="till", scopes=["signals:write"], by=None, now=now)
    one = Source.objects.create(key="till", name="Till", kind="api", made_at=now, token=token)
    client = signed_in("lead")

    def send() -> int:
        signal = {"signal_id": "t1", "kind": "ticket", "occurred_at": now.isoformat(), "body": "Late."}
        headers = {"authorization": f"Bearer {text}"}
        return client.post("/api/v1/signals", signal, "application/json", headers=headers).status_code

    assert "Let in whenever it sends" in page(client, one)
    act(client, one, "pause")
    assert send() == 503
    assert "Paused: whatever it sends is sent back" in page(client, one)
    act(client, one, "resume")
    one.refresh_from_db()
    assert (one.paused_at, one.ask_at, DBTaskResult.objects.count()) == (None, None, 0)
    assert act(client, one, "ask").status_code == 404


def test_the_last_batch_is_taken_back_and_comes_again_when_all_is_read_again(signed_in, desk):
    client = signed_in("lead")
    source = connected(desk)
    act(client, source, "ask")
    work.run_ready("sources")
    settling.settle(now=NOON)
    flushing.flush(now=NOON)
    batch = Arrival.objects.get()
    assert "brought 4 new and 0 changed records; still the newest version: 4 of them." in " ".join(
        page(client, source).split()
    )

    client.post(reverse("listen:undo_batch", args=[batch.pk]))

    assert (Signal.objects.count(), "taken back" in page(client, source)) == (0, True)
    act(client, source, "again")
    work.run_ready("sources")
    source.refresh_from_db()
    assert (InboxRow.objects.count(), source.received, source.stored, source.duplicate) == (4, 8, 8, 0)


def test_refused_records_are_listed_with_their_reasons_page_by_page(signed_in, desk):
    desk.refused = tuple(NotTaken(f"ticket {n}", "it holds no text", "body", "{}") for n in range(60))
    source = connected(desk)
    asking_tasks.ask_source.func(source.pk)
    client = signed_in("observer")

    first = client.get(reverse("listen:source_refused", args=[source.pk]))
    assert "60 records of Help desk were refused, each with its reason." in first.text
    assert first.text.count("it holds no text") == 51
    second = client.get(reverse("listen:source_refused", args=[source.pk]) + first.context["further"])
    assert second.text.count("it holds no text") == 11


def test_the_list_puts_those_that_need_somebody_first_and_downloads(signed_in, desk):
    connected(desk, name="Alpha")
    broken = connected(desk, name="Beta")
    Source.objects.filter(pk=broken.pk).update(error="Beta did not answer.", failures=3)
    client = signed_in("owner")

    listed = client.get(reverse("listen:sources"))

    assert [row.source.name for row in listed.context["sources"]] == ["Beta", "Alpha"]
    assert "Beta cannot be asked at this moment." in listed.text
    assert client.get(reverse("listen:sources_csv")).text.splitlines()[1].startswith("Beta,Desk,failing")


def test_no_source_is_called_usual_before_one_is_known_to_be(signed_in, desk):
    one = connected(desk)
    Source.objects.filter(pk=one.pk).update(last_signal_at=timezone.now())
    client = signed_in("owner")

    listed = client.get(reverse("listen:sources"))

    assert listed.context["headline"] == "No source is late, as far as can be told so far."


def test_a_list_of_many_sources_costs_as_many_queries_as_one(signed_in, desk, django_assert_num_queries):
    client = signed_in("owner")
    connected(desk)
    client.get(reverse("listen:sources"))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(reverse("listen:sources"))
    for number in range(5):
        connected(desk, name=f"Desk {number}")

    with django_assert_num_queries(len(one)):
        client.get(reverse("listen:sources"))


def test_a_removed_source_is_gone_with_its_rows(signed_in, desk):
    client = signed_in("owner")
    source = connected(desk)
    act(client, source, "ask")
    work.run_ready("sources")
    settling.settle(now=NOON)

    client.post(reverse("listen:remove", args=[source.pk]))

    assert (Signal.objects.count(), InboxRow.objects.count()) == (0, 0)
    assert client.get(reverse("listen:source", args=[source.pk])).status_code == 404


def test_an_observer_looks_and_changes_nothing(signed_in, desk):
    source = connected(desk)
    client = signed_in("observer")

    assert "Ask now" not in page(client, source)
    assert act(client, source, "pause").status_code == 403
    assert client.get(reverse("listen:connect")).status_code == 403
    assert client.get(reverse("listen:source_settings", args=[source.pk])).status_code == 403


def test_due_sources_are_asked_by_the_tick_each_once(home, desk):
    connected(desk)
    connected(desk, name="Other")

    assert asking_tasks.ask_due.func() == 2
    assert asking_tasks.ask_due.func() == 0
    work.run_ready("sources")

    assert sorted(Source.objects.values_list("received", flat=True)) == [4, 4]
    assert asking_tasks.ask_due.func() == 0
    Source.objects.update(ask_at=NOON - timedelta(hours=1))
    assert asking_tasks.ask_due.func() == 2


def trials():
    tried = DBTaskResult.objects.filter(task_path=asking_tasks.try_source.module_path)
    return [row.return_value for row in tried.order_by("enqueued_at")]


def test_what_was_tried_is_forgotten_when_no_page_shows_it_any_more(signed_in, desk):
    client = signed_in("lead")
    connect(client)
    source = Source.objects.get()
    work.run_ready("sources")
    assert "The bike 4 came late" in page(client, source)

    assert asking_tasks.forget_trials.call() == 0
    DBTaskResult.objects.update(
        **{name: timezone.now() - asking_tasks.TRIALS_SHOWN for name in ("enqueued_at", "finished_at")}
    )
    assert "The bike 4 came late" not in page(client, source)
    assert asking_tasks.forget_trials.call() == 1

    assert trials() == [None]
    assert "forget_trials" in " ".join(settings.REPEATED_TASKS)


def test_a_new_trial_and_removal_forget_what_was_tried_before(signed_in, desk):
    client = signed_in("lead")
    connect(client)
    source = Source.objects.get()
    work.run_ready("sources")
    client.post(reverse("listen:source_try", args=[source.pk]))
    work.run_ready("sources")
    assert [bool(each) for each in trials()] == [False, True]

    client.post(reverse("listen:remove", args=[source.pk]))

    assert trials() == [None, None]
