"""A theme that customers wrote about, a help desk that takes answers, and somebody who decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def foreign(monkeypatch):
    """A system that takes answers, known as "small"."""
    from interlock.listen.answers import channels  # after the settings
    from listen.waiting import Foreign

    system = Foreign()
    monkeypatch.setattr(channels, "live_connectors", lambda: {"small": system})
    return system


@pytest.fixture
def hinge(db, home, person, foreign):
    """The theme of the hinge: four riders spoke before it was decided, one afterwards."""
    from interlock.listen.themes import deciding  # after the settings
    from listen.themed import direction, joined, theme
    from listen.waiting import source

    one, way = theme("The hinge opens", direction(1)), direction(1)
    desk = source("small", name="Help desk")
    lena = person("contributor", "service", name="Lena Fuchs")

    def says(words, by, at, **more):
        more = {"source": desk, "thread": f"talk {words}", "contact_key": by, **more}
        return joined(one, way, words, by=by, at=at, **more)

    early = [
        says(f"My hinge opened, {name}.", name, NOW - (10 - place) * DAY)
        for place, name in enumerate(["kim", "lee", "mo", "noa"])
    ]
    deciding.ask_decision(
        theme=one,
        question="Which latch?",
        decider=lena,
        decide_by=(NOW + DAY).date(),
        function="product",
        by=lena,
        now=NOW - 3 * DAY,
    )
    deciding.decide(theme=one, decision="A second latch, free of charge.", by=lena, now=NOW - 2 * DAY)
    late = says("My hinge opened, ola.", "ola", NOW - DAY)
    one.refresh_from_db()
    return SimpleNamespace(theme=one, early=early, late=late, lena=lena, says=says, desk=desk)


def deliver_all(foreign, now):
    """Let everything that is due leave."""
    from interlock.connectors.live import Reach  # after the settings
    from interlock.listen.answers import sending
    from interlock.listen.models import Answer

    outside = sending.Outside({"small": foreign}, lambda source: {}, Reach(None, lambda: now, lambda s: None))
    for answer in Answer.objects.order_by("pk"):
        sending.deliver(answer_id=answer.pk, outside=outside)


@pytest.fixture
def heard(hinge, foreign):
    """Six riders spoke before the decision, and were told; one says yes, one says no."""
    from converse.loop.test_closing import LATER, tell  # after the settings
    from interlock.converse.loop import closing, counting, replying
    from interlock.converse.models import ToldPerson

    for name in ("pia", "rob"):
        hinge.says(f"My hinge opened, {name}.", name, NOW - 5 * DAY)
    tell(hinge, *[one.signal for one in closing.plan(closing.course_of(hinge.theme)).people])
    deliver_all(foreign, LATER)
    counting.note_told()
    told = {one.customer: one for one in ToldPerson.objects.all()}
    replying.say(person=told["kim"], solved=True, now=NOW)
    replying.say(person=told["lee"], solved=True, now=NOW)
    return hinge
