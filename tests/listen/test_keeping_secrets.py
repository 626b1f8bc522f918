"""What another system renews while it is asked is sealed and committed at once, and what a person says comes first."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError

from interlock.connectors.live import Unauthorised
from interlock.fabric.models import Event, JournalEntry
from interlock.listen import asking, keeping, live_sources, trying_out
from interlock.listen.answers import sending
from interlock.listen.live_sources import Terms, answers_of
from interlock.listen.models import Source
from listen.scripted import CANARY, NOON, Desk, Killed, World, connected

pytestmark = pytest.mark.django_db


class Turning(Desk):
    """Its token turns at every asking: each opens once."""

    def __init__(self, tickets: int = 4) -> None:
        super().__init__(tickets)
        self.turn = 0

    def renew(self, answers, reach):
        given = reach.kept().get("token", answers["token"])
        if given != (f"turned-{self.turn}-canary" if self.turn else CANARY):
            raise Unauthorised(f"The token {given} was used.")
        self.turn += 1
        reach.keep({"token": f"turned-{self.turn}-canary", "session": "s-canary"})

    def check(self, answers, reach):
        self.renew(answers, reach)
        return super().check(answers, reach)

    def pages(self, answers, cursor, reach):
        self.renew(answers, reach)
        yield from super().pages(answers, cursor, reach)


def ask(world: World, source: Source):
    source.refresh_from_db()
    Source.objects.filter(pk=source.pk).update(ask_at=NOON)
    return asking.ask(source_id=source.pk, by=f"asking {world.now}", outside=world.outside)


def told(source: Source) -> dict[str, str]:
    source.refresh_from_db()
    return answers_of(source)


def test_a_renewed_secret_is_there_at_the_next_asking(home):
    desk = Turning()
    world, source = World(desk), connected(desk)

    outcomes = [ask(world, source) for _ in range(3)]

    assert [(one.error, one.rows) for one in outcomes] == [("", 4), ("", 0), ("", 0)]
    assert told(source) == {
        "address": "https://desk.example",
        "what": "all",
        "token": "turned-3-canary",
        "session": "s-canary",
    }
    kept = Source.objects.values_list("secrets", "connection", "cursor").get(pk=source.pk)
    assert "canary" not in json.dumps(kept)


def test_it_is_there_although_the_asking_was_killed_at_its_first_page(home):
    desk = Turning()
    world, source = World(desk), connected(desk)

    def die(number: int) -> None:
        raise Killed

    desk.before_page = die
    with pytest.raises(Killed):
        ask(world, source)
    desk.before_page = lambda number: None
    world.pass_time(600)

    assert (ask(world, source).rows, told(source)["token"]) == (4, "turned-2-canary")


def test_a_trial_and_an_answer_keep_it_too(home):
    desk = Turning()
    world, source = World(desk), connected(desk)

    trial = trying_out.try_out(source=Source.objects.get(pk=source.pk), outside=world.outside)

    # The check turns it once, the first rows once more.
    assert (trial.error, len(trial.rows), told(source)["token"]) == ("", 4, "turned-2-canary")
    reach = keeping.keeping(world.outside.reach(source, None, world.sleep), source)
    desk.renew(answers_of(source), sending._hurried(reach, NOON + timedelta(minutes=1)))
    assert told(source)["token"] == "turned-3-canary"


def test_what_a_person_enters_meanwhile_is_not_written_over(home):
    desk = Turning()
    world, source = World(desk), connected(desk)

    def enter(number: int) -> None:
        live_sources.change_source(
            source=source,
            connector=desk,
            terms=Terms(name=source.name, ask_every=300),
            answers={"address": "https://desk.example", "token": "of the person", "what": "all"},
            by=None,
            now=NOON,
        )

    reach = world.outside.reach(Source.objects.get(pk=source.pk), None, world.sleep)
    enter(0)
    reach.keep({"token": "turned-1-canary"})

    assert told(source)["token"] == "of the person"


def test_a_change_of_other_things_loses_no_renewed_secret(home):
    desk = Turning()
    world, source = World(desk), connected(desk)
    reach = world.outside.reach(Source.objects.get(pk=source.pk), None, world.sleep)
    reach.keep({"token": "turned-1-canary", "session": "s"})

    live_sources.change_source(
        source=source,
        connector=desk,
        terms=Terms(name="Another name", ask_every=300),
        answers={"address": "https://desk.example", "token": "", "what": "all"},
        by=None,
        now=NOON,
    )
    reach.keep({"token": "turned-2-canary"})

    assert told(source)["token"] == "turned-2-canary"


def test_nothing_is_kept_for_a_source_that_was_removed(home):
    desk = Turning()
    world, source = World(desk), connected(desk)
    reach = world.outside.reach(Source.objects.get(pk=source.pk), None, world.sleep)

    live_sources.remove_source(source=source, by=None, now=NOON)
    reach.keep({"token": "turned-1-canary"})

    source.refresh_from_db()
    assert source.secrets == ""


def test_a_busy_database_is_waited_for(home, monkeypatch):
    desk = Turning()
    world, source = World(desk), connected(desk)
    waits, keep = [], keeping._Keeper._commit

    def busy(self, secrets):
        if len(waits) < 2:
            raise OperationalError("database is locked")
        keep(self, secrets)

    monkeypatch.setattr(keeping._Keeper, "_commit", busy)
    monkeypatch.setattr(keeping.time, "sleep", waits.append)

    assert (ask(world, source).error, told(source)["token"], waits) == ("", "turned-1-canary", [1.0, 3.0])


def test_neither_the_old_nor_the_new_secret_is_told(home, caplog):
    desk = Turning()
    world, source = World(desk), connected(desk)

    def leak(number: int) -> None:
        raise RuntimeError(f"{CANARY} became turned-1-canary")

    desk.before_page = leak
    outcome = ask(world, source)

    everything = json.dumps(
        [list(JournalEntry.objects.values("verb", "detail")), list(Event.objects.values("detail"))],
        default=str,
    )
    for text in (outcome.error, caplog.text, everything, str(vars(source))):
        assert "canary" not in text
    assert "… became …" in outcome.error


def test_renewed_secrets_are_forgotten_at_another_address(home):
    questions = tuple(
        replace(one, renewed=True, required=False) if one.name == "token" else one for one in Desk.questions
    )
    desk = Desk()
    desk.questions = questions
    source = connected(desk)

    moved = live_sources.change_source(
        source=source,
        connector=desk,
        terms=Terms(name=source.name, ask_every=300),
        answers={"address": "https://desk.example.evil", "token": "", "what": "all"},
        by=None,
        now=NOON,
    )

    assert told(moved) == {"address": "https://desk.example.evil", "what": "all"}
